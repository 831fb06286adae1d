using LinkShort.Contracts;
using LinkShort.Identity.Workspaces;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>Signing in by OpenID Connect: docs/sso.md, docs/adr/0031.</summary>
public static class SsoExtensions
{
    public static void AddSso(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        builder.AddValidatedOptions<SsoSettings>(SsoSettings.Section);
        builder.AddValidatedOptions<DnsSettings>(DnsSettings.Section);
        services.AddSingleton<IValidateOptions<InstallationProviders>, InstallationProvidersValidation>();
        services.AddOptions<InstallationProviders>().Configure<IConfiguration>(InstallationProviders.Bind).ValidateOnStart();
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
        services.AddSingleton<FinishSso>();
    }

    /// <param name="api">/api/v1.</param>
    public static void MapSso(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth/sso").AllowAnonymous().WithTags("Single sign-on");
        auth.MapGet("/providers", StartSso.ListAsync).WithName("ListSsoProviders")
            .WithSummary("The providers that anybody can sign in with here");
        auth.MapPost("/start", StartSso.HandleAsync).WithName("StartSso")
            .WithSummary("Where to send the browser to sign in with a provider, or with that of the workspace that owns the address's domain")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status404NotFound);
        auth.MapGet("/{provider}/start", StartSso.RedirectAsync).WithName("RedirectToSso")
            .WithSummary("Sends the browser to the provider, which sends it back to the app (authorization code flow with PKCE)")
            .Produces(StatusCodes.Status302Found)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status404NotFound);
        auth.MapPost("/callback", FinishSso.HandleAsync).WithName("FinishSso")
            .WithSummary("Signs in with what the provider sent the browser back with; each state works once, in the browser that began")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status409Conflict);

        var own = api.MapGroup("/me/sso").RequireAuthorization(Permissions.Profile).WithTags("Single sign-on")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        own.MapGet("/", LinkSso.ListAsync).WithName("ListLinkedProviders")
            .WithSummary("The providers that open the signed-in person's account");
        own.MapPost("/{provider}/link", LinkSso.StartAsync).RequireRecentSignIn().WithName("LinkProvider")
            .WithSummary("Where to send the browser to connect a provider with the own account")
            .ProducesProblem(StatusCodes.Status404NotFound);
        own.MapDelete("/{id}", LinkSso.UnlinkAsync).RequireRecentSignIn().WithName("UnlinkProvider")
            .WithSummary("Disconnects a provider, and ends the other sessions that it vouched for")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

        var workspace = api.MapGroup("/workspaces/{id}/sso").WithTags("Single sign-on")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);
        workspace.MapGet("/", ConfigureSso.GetAsync).RequireInWorkspace(Permissions.SsoRead).WithName("GetSso")
            .WithSummary("The workspace's provider, without its secret, and its domains");
        workspace.MapPut("/", ConfigureSso.PutAsync).RequireInWorkspace(Permissions.SsoManage).RequireRecentSignIn().WithName("ConfigureSso")
            .WithSummary("Sets the workspace's provider up, or changes it. Honours If-Match")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        workspace.MapDelete("/", ConfigureSso.DeleteAsync).RequireInWorkspace(Permissions.SsoManage).RequireRecentSignIn().WithName("RemoveSso")
            .WithSummary("Removes the workspace's provider, and ends what it vouched for")
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
        workspace.MapPost("/domains", SsoDomains.AddAsync).RequireInWorkspace(Permissions.SsoManage).WithName("AddSsoDomain")
            .WithSummary("Claims a domain; answers the DNS record that proves it")
            .ProducesProblem(StatusCodes.Status409Conflict);
        workspace.MapPost("/domains/{domain}/verify", SsoDomains.VerifyAsync).RequireInWorkspace(Permissions.SsoManage).RequireRecentSignIn().WithName("VerifySsoDomain")
            .WithSummary("Looks whether DNS has the record")
            .ProducesProblem(StatusCodes.Status409Conflict);
        workspace.MapDelete("/domains/{domain}", SsoDomains.RemoveAsync).RequireInWorkspace(Permissions.SsoManage).RequireRecentSignIn().WithName("RemoveSsoDomain")
            .WithSummary("Gives a domain up: its addresses are trusted no longer, and the requirement is not about them");
    }
}
