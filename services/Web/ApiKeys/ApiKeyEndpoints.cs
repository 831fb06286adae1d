using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Problems;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.ApiKeys;

/// <summary>API keys: create and rotate (shown once), change, list, revoke.</summary>
public static class ApiKeyEndpoints
{
    private const string Home = "/app/settings/keys";

    /// <summary>In a form that changes a key: keeps the expiry.</summary>
    public const int SameEnd = -1;

    public static void MapApiKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup(Home).RequireAuthorization();
        keys.MapGet("/", ListAsync).Needs(Permissions.ApiKeysRead);
        keys.MapGet("/new", ShowNew).Needs(Permissions.ApiKeysManage);
        keys.MapPost("/", CreateAsync).Needs(Permissions.ApiKeysManage);
        keys.MapGet("/{id:guid}", AskToChangeAsync).Needs(Permissions.ApiKeysManage);
        keys.MapPost("/{id:guid}", ChangeAsync).Needs(Permissions.ApiKeysManage);
        keys.MapGet("/{id:guid}/rotate", AskToRotateAsync).Needs(Permissions.ApiKeysManage);
        keys.MapPost("/{id:guid}/rotate", RotateAsync).Needs(Permissions.ApiKeysManage);
        keys.MapGet("/{id:guid}/revoke", AskToRevokeAsync).Needs(Permissions.ApiKeysManage);
        keys.MapPost("/{id:guid}/revoke", RevokeAsync).Needs(Permissions.ApiKeysManage);
    }

    public sealed class KeyForm
    {
        public string? Name { get; init; }

        public string[]? Scopes { get; init; }

        /// <summary>Days until it expires; 0 for never; or <see cref="SameEnd"/>.</summary>
        public int Days { get; init; } = 90;

        /// <summary>One per line; empty for no restriction.</summary>
        public string? Networks { get; init; }

        /// <summary>Of the version that the form showed; for changes only.</summary>
        public string? ETag { get; init; }
    }

    public sealed class RotationForm
    {
        public int OverlapSeconds { get; init; } = 86_400;
    }

    public static async Task<Results<RazorComponentResult<ApiKeysPage>, ProblemPage>> ListAsync(
        LinkShortApi api, ActiveWorkspace active, Flash flash, HttpContext context, CancellationToken cancellationToken)
    {
        var result = await api.ListApiKeysAsync(cancellationToken);
        if (!result.Succeeded(out var keys, out var refused))
        {
            return new ProblemPage(refused);
        }

        // Admins see all keys.
        var makers = new Dictionary<Guid, string>();
        if (active.Id is { } id && keys.Items.Any(key => key.UserId != default && key.UserId != active.UserId))
        {
            // Without the names, the keys are still useful.
            var members = await api.ListMembersAsync(id, null, cancellationToken);
            makers = (members.Value?.Items ?? []).ToDictionary(member => member.UserId, member => member.Shown);
        }

        var created = flash.Take<CreatedApiKey>();
        if (created is not null)
        {
            // The page contains the key.
            context.Response.Headers.CacheControl = "no-store";
        }

        return new RazorComponentResult<ApiKeysPage>(new { Keys = keys.Items, Makers = makers, Created = created });
    }

    public static RazorComponentResult<NewKeyPage> ShowNew(ActiveWorkspace active) => new(new { Form = new KeyForm { Scopes = [.. Offered(active)] } });

    public static async Task<Results<Redirect, RazorComponentResult<NewKeyPage>, ProblemPage>> CreateAsync(
        [FromForm] KeyForm form, LinkShortApi api, Flash flash, Texts texts, TimeProvider time, CancellationToken cancellationToken)
    {
        var networks = AllowedNetworks.Parse(form.Networks);
        var result = await api.CreateApiKeyAsync(new NewApiKey(form.Name?.Trim() ?? "", form.Scopes ?? [], End(form.Days, time), networks), cancellationToken);
        if (result.Succeeded(out var created, out var problem))
        {
            flash.Set(created);
            return Redirect.To(Home);
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : new RazorComponentResult<NewKeyPage>(new { Form = form, Problem = AllowedNetworks.OnField(problem, networks, texts) }) { StatusCode = problem.Status };
    }

    public static async Task<Results<RazorComponentResult<ChangeKeyPage>, ProblemPage>> AskToChangeAsync(
        Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.GetApiKeyAsync(id, cancellationToken);
        return result.Succeeded(out var key, out var problem)
            ? new RazorComponentResult<ChangeKeyPage>(new
            {
                Key = key,
                Form = new KeyForm { Name = key.Name, Scopes = [.. key.Scopes ?? []], Days = SameEnd, Networks = AllowedNetworks.Text(key.AllowedNetworks), ETag = key.ETag },
            })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, RazorComponentResult<ChangeKeyPage>, ProblemPage>> ChangeAsync(
        Guid id, [FromForm] KeyForm form, LinkShortApi api, Flash flash, Texts texts, TimeProvider time, CancellationToken cancellationToken)
    {
        var networks = AllowedNetworks.Parse(form.Networks);
        var change = new Dictionary<string, object?> { ["name"] = form.Name?.Trim() ?? "", ["scopes"] = form.Scopes ?? [], ["allowedNetworks"] = networks };
        if (form.Days != SameEnd)
        {
            change["expiresAt"] = End(form.Days, time);
        }

        var result = await api.ChangeApiKeyAsync(id, change, form.ETag, cancellationToken);
        if (result.Succeeded(out _, out var problem))
        {
            flash.Say("apiKeys.saved");
            return Redirect.To(Home);
        }

        if (problem.LeadsElsewhere || problem.IsForbidden)
        {
            return new ProblemPage(problem);
        }

        var current = await api.GetApiKeyAsync(id, cancellationToken);
        return current.Succeeded(out var key, out var gone)
            ? new RazorComponentResult<ChangeKeyPage>(new
            {
                Key = key,
                // After a lost race, the form continues with the latest version.
                Form = new KeyForm { Name = form.Name, Scopes = form.Scopes, Days = form.Days, Networks = form.Networks, ETag = key.ETag },
                Problem = AllowedNetworks.OnField(problem, networks, texts),
            })
            { StatusCode = problem.Status }
            : new ProblemPage(gone);
    }

    public static async Task<Results<RazorComponentResult<RotateKeyPage>, ProblemPage>> AskToRotateAsync(
        Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.GetApiKeyAsync(id, cancellationToken);
        return result.Succeeded(out var key, out var problem)
            ? new RazorComponentResult<RotateKeyPage>(new { Key = key, Form = new RotationForm() })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, RazorComponentResult<RotateKeyPage>, ProblemPage>> RotateAsync(
        Guid id, [FromForm] RotationForm form, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var result = await api.RotateApiKeyAsync(id, form.OverlapSeconds, cancellationToken);
        if (result.Succeeded(out var created, out var problem))
        {
            flash.Set(created);
            return Redirect.To(Home);
        }

        if (problem.LeadsElsewhere || problem.IsForbidden)
        {
            return new ProblemPage(problem);
        }

        var current = await api.GetApiKeyAsync(id, cancellationToken);
        return current.Succeeded(out var key, out var gone)
            ? new RazorComponentResult<RotateKeyPage>(new { Key = key, Form = form, Problem = problem }) { StatusCode = problem.Status }
            : new ProblemPage(gone);
    }

    public static async Task<Results<RazorComponentResult<RevokeKeyPage>, ProblemPage>> AskToRevokeAsync(
        Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.GetApiKeyAsync(id, cancellationToken);
        return result.Succeeded(out var key, out var problem)
            ? new RazorComponentResult<RevokeKeyPage>(new { Key = key })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, ProblemPage>> RevokeAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var result = await api.RevokeApiKeyAsync(id, cancellationToken);
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return flash.Refuse(problem, Home);
        }

        flash.Say("apiKeys.revoked");
        return Redirect.To(Home);
    }

    /// <summary>The scopes that the visitor's role allows.</summary>
    public static IEnumerable<string> Offered(ActiveWorkspace active)
    {
        return Scopes.Grantable.Where(scope => active.Role is not { } role || role >= Permissions.LeastRoleFor(scope));
    }

    private static DateTimeOffset? End(int days, TimeProvider time) => days > 0 ? time.GetUtcNow().AddDays(Math.Min(days, 3650)) : null;
}
