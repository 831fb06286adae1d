using LinkShort.ServiceDefaults.Auth;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.ApiKeys;

/// <summary>Keys for the public API: make (shown once), list, revoke.</summary>
public static class ApiKeyEndpoints
{
    public static void MapApiKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/app/settings/keys").RequireAuthorization();
        keys.MapGet("/", ListAsync);
        keys.MapPost("/", CreateAsync);
        keys.MapGet("/{id:guid}/revoke", AskToRevokeAsync);
        keys.MapPost("/{id:guid}/revoke", RevokeAsync);
    }

    public sealed class KeyForm
    {
        public string? Name { get; init; }

        public string[]? Scopes { get; init; }

        /// <summary>Days until it expires; 0 never.</summary>
        public int Days { get; init; } = 90;
    }

    public static async Task<Results<RazorComponentResult<ApiKeysPage>, ProblemPage>> ListAsync(
        LinkShortApi api, Flash flash, HttpContext context, CancellationToken cancellationToken)
    {
        var result = await api.ListApiKeysAsync(cancellationToken);
        if (!result.Succeeded(out var keys, out var problem))
        {
            return new ProblemPage(problem);
        }

        var created = flash.Take<CreatedApiKey>();
        if (created is not null)
        {
            // The page holds the key itself, this once.
            context.Response.Headers.CacheControl = "no-store";
        }

        return new RazorComponentResult<ApiKeysPage>(new { Keys = keys.Items, Created = created, Form = new KeyForm { Scopes = [.. Scopes.Grantable] } });
    }

    public static async Task<Results<Redirect, RazorComponentResult<ApiKeysPage>, ProblemPage>> CreateAsync(
        [FromForm] KeyForm form, LinkShortApi api, Flash flash, TimeProvider time, CancellationToken cancellationToken)
    {
        DateTimeOffset? expires = form.Days > 0 ? time.GetUtcNow().AddDays(Math.Min(form.Days, 3650)) : null;
        var result = await api.CreateApiKeyAsync(new NewApiKey(form.Name?.Trim() ?? "", form.Scopes ?? [], expires), cancellationToken);
        if (result.Succeeded(out var created, out var problem))
        {
            flash.Set(created);
            return Redirect.To("/app/settings/keys");
        }

        var keys = problem.IsSignedOut ? problem : await api.ListApiKeysAsync(cancellationToken);
        return keys.Succeeded(out var page, out var listProblem)
            ? new RazorComponentResult<ApiKeysPage>(new { Keys = page.Items, Form = form, Problem = problem }) { StatusCode = problem.Status }
            : new ProblemPage(listProblem);
    }

    public static async Task<Results<RazorComponentResult<RevokeKeyPage>, ProblemPage>> AskToRevokeAsync(
        Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.ListApiKeysAsync(cancellationToken);
        if (!result.Succeeded(out var keys, out var problem))
        {
            return new ProblemPage(problem);
        }

        return keys.Items.FirstOrDefault(key => key.Id == id) is { } found
            ? new RazorComponentResult<RevokeKeyPage>(new { Key = found })
            : new ProblemPage(new ApiProblem(StatusCodes.Status404NotFound, "not-found", null, null, new Dictionary<string, string[]>()));
    }

    public static async Task<Results<Redirect, ProblemPage>> RevokeAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var result = await api.RevokeApiKeyAsync(id, cancellationToken);
        if (!result.Succeeded(out _, out var problem) && problem.Status != StatusCodes.Status404NotFound)
        {
            return new ProblemPage(problem);
        }

        flash.Set(new FlashMessage("The key is revoked. Calls with it are refused from now on."));
        return Redirect.To("/app/settings/keys");
    }
}
