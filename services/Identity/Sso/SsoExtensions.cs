using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.Workspaces;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>Sign-in through OpenID Connect: docs/sso.md, docs/adr/0031.</summary>
public static class SsoExtensions
{
    public static void AddSso(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddValidatedOptions<SsoOptions>(SsoOptions.Section);
        builder.AddValidatedOptions<DnsOptions>(DnsOptions.Section);
        services.AddSingleton<IValidateOptions<InstallationProvidersOptions>, InstallationProvidersValidator>();
        services.AddOptions<InstallationProvidersOptions>().Configure<IConfiguration>(InstallationProvidersOptions.Bind).ValidateOnStart();
        services.AddSingleton<DomainRecords>();
        services.AddSingleton<ProviderHttp>();
        services.AddSingleton<ProviderMetadata>();
        services.AddSingleton<IdTokens>();
        services.AddSingleton<CodeExchange>();
        services.AddSingleton<SsoConnections>();
        services.AddSingleton<SsoProviders>();
        services.AddSingleton<SsoAttempts>();
        services.AddSingleton<SsoIdentities>();
        services.AddSingleton<SsoAccounts>();
        services.AddSingleton<SsoRequirement>();
        services.AddSingleton<BrowserCookie>();
        services.AddSingleton<SsoResponses>();
        services.AddSingleton<SsoConnectionChanges>();
        services.AddSingleton<FinishSso>();
    }

    /// <param name="api">/api/v1.</param>
    public static void MapSso(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth/sso").AllowAnonymous().WithTags("Single sign-on");
        auth.MapGet("/providers", StartSso.ListAsync).WithName("ListSsoProviders")
            .WithSummary("Lists the sign-in providers of this installation");
        auth.MapPost("/start", StartSso.HandleAsync).WithName("StartSso")
            .WithSummary("Returns the URL to send the browser to, for a provider or for the workspace that owns the email address's domain")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status404NotFound);
        auth.MapGet("/{provider}/start", StartSso.RedirectAsync).WithName("RedirectToSso")
            .WithSummary("Redirects the browser to the provider, which redirects it back to the app (authorization code flow with PKCE)")
            .Produces(StatusCodes.Status302Found)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status404NotFound);
        auth.MapPost("/callback", FinishSso.HandleAsync).WithName("FinishSso")
            .WithSummary("Completes the sign-in with the provider's response. Each state works once, in the browser that started it")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status409Conflict);

        var own = api.MapGroup("/me/sso").RequireAuthorization(Permissions.AccountManage).WithTags("Single sign-on")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        own.MapGet("/", LinkSso.ListAsync).WithName("ListLinkedProviders")
            .WithSummary("Lists the providers connected to your account");
        own.MapPost("/{provider}/link", LinkSso.StartAsync).RequireStepUp().WithName("LinkProvider")
            .WithSummary("Returns the URL to send the browser to, to connect a provider to your account")
            .ProducesProblem(StatusCodes.Status404NotFound);
        own.MapDelete("/{id}", LinkSso.UnlinkAsync).RequireStepUp().WithName("UnlinkProvider")
            .WithSummary("Disconnects a provider, and ends the other sessions that were started through it")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

        var workspace = api.MapGroup("/workspaces/{id}/sso").WithTags("Single sign-on")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);
        workspace.MapGet("/", ConfigureSso.GetAsync).RequireInWorkspace(Permissions.SsoRead).WithName("GetSso")
            .WithSummary("Returns the workspace's provider, without its secret, and its domains");
        workspace.MapPut("/", ConfigureSso.PutAsync).RequireInWorkspace(Permissions.SsoManage).RequireRecentSignIn().WithName("ConfigureSso")
            .WithSummary("Configures the workspace's provider. Honours If-Match")
            .ProducesProblem(StatusCodes.Status402PaymentRequired).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        workspace.MapDelete("/", ConfigureSso.DeleteAsync).RequireInWorkspace(Permissions.SsoManage).RequireRecentSignIn().WithName("RemoveSso")
            .WithSummary("Removes the workspace's provider, and ends the sessions that were started through it")
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
        workspace.MapPost("/test", TestSso.HandleAsync).RequireInWorkspace(Permissions.SsoManage)
            .WithoutStepUp("Changes nothing.").WithName("TestSso")
            .WithSummary("Reads a provider's metadata and keys and reports each check. Changes nothing");
        workspace.MapPost("/domains", SsoDomains.AddAsync).RequireInWorkspace(Permissions.SsoManage).WithName("AddSsoDomain")
            .WithSummary("Adds a domain and returns the DNS record that verifies it")
            .ProducesProblem(StatusCodes.Status402PaymentRequired).ProducesProblem(StatusCodes.Status409Conflict);
        workspace.MapPost("/domains/{domain}/verify", SsoDomains.VerifyAsync).RequireInWorkspace(Permissions.SsoManage).RequireRecentSignIn().WithName("VerifySsoDomain")
            .WithSummary("Verifies a domain by its DNS record")
            .ProducesProblem(StatusCodes.Status409Conflict);
        workspace.MapDelete("/domains/{domain}", SsoDomains.RemoveAsync).RequireInWorkspace(Permissions.SsoManage).RequireRecentSignIn().WithName("RemoveSsoDomain")
            .WithSummary("Removes a domain. Its email addresses are no longer trusted, and the requirement no longer applies to them");
    }
}
