using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Sso;

/// <summary>A workspace's single sign-on: configure the provider, verify domains, require it.</summary>
public static class WorkspaceSsoEndpoints
{
    private const string Path = "/app/workspace/sso";

    public static void MapWorkspaceSso(this IEndpointRouteBuilder routes)
    {
        var sso = routes.MapGroup(Path).RequireAuthorization();
        sso.MapGet("/", ShowAsync).Needs(Permissions.SsoRead);
        sso.MapPost("/", SaveAsync).Needs(Permissions.SsoManage);
        sso.MapPost("/test", TestAsync).Needs(Permissions.SsoManage);
        sso.MapPost("/remove", RemoveAsync).Needs(Permissions.SsoManage);
        sso.MapPost("/domains", AddDomainAsync).Needs(Permissions.SsoManage);
        sso.MapPost("/domains/{domain}/verify", VerifyDomainAsync).Needs(Permissions.SsoManage);
        sso.MapPost("/domains/{domain}/remove", RemoveDomainAsync).Needs(Permissions.SsoManage);
    }

    public sealed record SsoForm
    {
        /// <summary>Of <see cref="SsoPresets"/>.</summary>
        public string? Preset { get; init; }

        /// <summary>Entra's: an id or a domain.</summary>
        public string? Tenant { get; init; }

        public string? OktaDomain { get; init; }

        /// <summary>Keycloak's.</summary>
        public string? Server { get; init; }

        public string? Realm { get; init; }

        /// <summary>Of any other provider.</summary>
        public string? Issuer { get; init; }

        public string? ClientId { get; init; }

        // Not called "password", so that browsers don't offer to save it.
        public string? ClientSecret { get; init; }

        public bool JustInTime { get; init; }

        public string? DefaultRole { get; init; }

        public string? RoleClaim { get; init; }

        public string? Roles { get; init; }

        public bool AcceptMfa { get; init; }

        public bool Enforced { get; init; }

        public string? ETag { get; init; }

        public static SsoForm Of(WorkspaceSso sso) => sso.Connection is { } connection
            ? new SsoForm
            {
                ClientId = connection.ClientId, JustInTime = connection.JustInTime, DefaultRole = connection.DefaultRole,
                RoleClaim = connection.RoleClaim, Roles = RoleLines.Write(connection.Roles), AcceptMfa = connection.AcceptMfa, Enforced = connection.Enforced,
                ETag = sso.ETag,
            }.With(connection.Issuer)
            : new SsoForm { Preset = SsoPresets.Google, JustInTime = true, DefaultRole = "member" };
    }

    public sealed class DomainForm
    {
        public string? Domain { get; init; }
    }

    public static Task<IResult> ShowAsync(LinkShortApi api, ActiveWorkspace active, CancellationToken cancellationToken) =>
        PageAsync(api, active, null, null, null, cancellationToken);

    public static async Task<IResult> SaveAsync(
        [FromForm] SsoForm form, LinkShortApi api, ActiveWorkspace active, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        if (RoleLines.Read(form.Roles, out var wrong) is not { } roles)
        {
            var problem = ApiProblem.OfField(400, "validation", "roles", texts["sso.wrongRole", ("line", wrong)]);
            return await PageAsync(api, active, form, null, problem, cancellationToken);
        }

        form = await WithTenantIdAsync(form, api, active, cancellationToken);
        var claim = string.IsNullOrWhiteSpace(form.RoleClaim) ? null : form.RoleClaim.Trim();
        var change = new SsoChange(
            SsoPresets.IssuerOf(form), form.ClientId?.Trim() ?? "", string.IsNullOrEmpty(form.ClientSecret) ? null : form.ClientSecret, form.JustInTime,
            form.DefaultRole ?? "", claim, roles, form.AcceptMfa, form.Enforced);
        return (await api.ConfigureSsoAsync(active.Id ?? Guid.Empty, change, form.ETag, cancellationToken)).Problem is { } refused
            ? await PageAsync(api, active, form, null, refused.AtFields(form), cancellationToken)
            : Done(flash, "sso.saved");
    }

    /// <summary>Saves nothing. Without script, the page comes back with everything but the secret, which no page shows.</summary>
    public static async Task<IResult> TestAsync([FromForm] SsoForm form, LinkShortApi api, ActiveWorkspace active, CancellationToken cancellationToken)
    {
        form = await WithTenantIdAsync(form, api, active, cancellationToken);
        return (await api.TestSsoAsync(active.Id ?? Guid.Empty, SsoPresets.IssuerOf(form), cancellationToken)).Succeeded(out var test, out var problem)
            ? await PageAsync(api, active, form, null, null, cancellationToken, test)
            : await PageAsync(api, active, form, null, problem.AtFields(form), cancellationToken);
    }

    public static async Task<IResult> RemoveAsync(LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken) =>
        (await api.RemoveSsoAsync(active.Id ?? Guid.Empty, cancellationToken)).Problem is { } problem
            ? await PageAsync(api, active, null, null, problem, cancellationToken)
            : Done(flash, "sso.removed");

    public static async Task<IResult> AddDomainAsync(
        [FromForm] DomainForm form, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken) =>
        (await api.AddSsoDomainAsync(active.Id ?? Guid.Empty, form.Domain?.Trim() ?? "", cancellationToken)).Problem is { } problem
            ? await PageAsync(api, active, null, form.Domain, problem, cancellationToken)
            : Done(flash, "sso.domainAdded");

    public static async Task<IResult> VerifyDomainAsync(string domain, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken) =>
        (await api.VerifySsoDomainAsync(active.Id ?? Guid.Empty, domain, cancellationToken)).Problem is { } problem
            ? await PageAsync(api, active, null, null, problem, cancellationToken)
            : Done(flash, "sso.domainVerified", ("domain", domain));

    public static async Task<IResult> RemoveDomainAsync(string domain, LinkShortApi api, ActiveWorkspace active, Flash flash, CancellationToken cancellationToken) =>
        (await api.RemoveSsoDomainAsync(active.Id ?? Guid.Empty, domain, cancellationToken)).Problem is { } problem
            ? await PageAsync(api, active, null, null, problem, cancellationToken)
            : Done(flash, "sso.domainRemoved", ("domain", domain));

    /// <summary>Replaces the domain of an Entra tenant by its id, which tokens contain.</summary>
    private static async Task<SsoForm> WithTenantIdAsync(SsoForm form, LinkShortApi api, ActiveWorkspace active, CancellationToken cancellationToken)
    {
        if (!SsoPresets.NeedsTenantId(form) || (await api.TestSsoAsync(active.Id ?? Guid.Empty, SsoPresets.IssuerOf(form), cancellationToken)).Value?.Issuer is not { } issuer)
        {
            return form;
        }

        var found = form.With(issuer);
        return found.Preset == SsoPresets.Entra && !SsoPresets.NeedsTenantId(found) ? found : form;
    }

    private static Redirect Done(Flash flash, string key, params (string Name, object? Value)[] arguments)
    {
        flash.Say(key, arguments);
        return Redirect.To(Path);
    }

    private static async Task<IResult> PageAsync(
        LinkShortApi api, ActiveWorkspace active, SsoForm? form, string? domain, ApiProblem? problem, CancellationToken cancellationToken, SsoTest? test = null)
    {
        if (problem is { LeadsElsewhere: true })
        {
            return new ProblemPage(problem);
        }

        if (!(await api.WorkspaceSsoAsync(active.Id ?? Guid.Empty, cancellationToken)).Succeeded(out var sso, out var outage))
        {
            return new ProblemPage(problem ?? outage);
        }

        return new RazorComponentResult<WorkspaceSsoPage>(new { Sso = sso, Form = form ?? SsoForm.Of(sso), NewDomain = domain, Problem = problem, Test = test }) { StatusCode = problem?.Status };
    }
}
