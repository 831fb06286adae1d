using System.Security.Claims;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>The caller, from the validated access token. Inject it into handlers of authorized endpoints.</summary>
/// <param name="ApiKeyId">Set when the caller is an API key of the user.</param>
public sealed record CurrentUser(Guid Id, Guid WorkspaceId, string Role, string Plan, string Locale, Guid? ApiKeyId)
{
    /// <summary>The session that the token was issued for; null for API keys.</summary>
    public Guid? SessionId { get; init; }

    internal static CurrentUser From(IServiceProvider services)
    {
        var user = services.GetRequiredService<IHttpContextAccessor>().HttpContext?.User
            ?? throw new InvalidOperationException("There is no current request.");
        return new CurrentUser(
            user.RequiredId(Tokens.Claims.Subject),
            user.RequiredId(Tokens.Claims.Workspace),
            user.FindFirstValue(Tokens.Claims.Role) ?? "viewer",
            user.FindFirstValue(Tokens.Claims.Plan) ?? "free",
            user.FindFirstValue(Tokens.Claims.Locale) ?? "en",
            Guid.TryParse(user.FindFirstValue(Tokens.Claims.ApiKey), out var key) ? key : null)
        {
            SessionId = Guid.TryParse(user.FindFirstValue(Tokens.Claims.Session), out var session) ? session : null,
        };
    }

    internal static bool HasScope(ClaimsPrincipal user, string scope) =>
        user.FindFirstValue(Tokens.Claims.Scope)?.Split(' ').Contains(scope, StringComparer.Ordinal) == true
        && Guid.TryParse(user.FindFirstValue(Tokens.Claims.Subject), out _)
        && Guid.TryParse(user.FindFirstValue(Tokens.Claims.Workspace), out _);

    internal static bool HasRole(ClaimsPrincipal user, Role least) =>
        Permissions.RoleOf(user.FindFirstValue(Tokens.Claims.Role)) is { } role && role >= least;
}

/// <summary>The tenant. Every SQL statement on tenant data names it.</summary>
public sealed record CurrentWorkspace(Guid Id);
