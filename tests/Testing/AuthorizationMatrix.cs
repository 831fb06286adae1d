using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using LinkShort.Contracts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Testing;

/// <summary>A request by a caller.</summary>
/// <param name="Endpoint">Method and route pattern: <c>GET /api/v1/links/{id}</c>.</param>
/// <param name="Role">In the path's workspace; null for anonymous callers.</param>
/// <param name="Scopes">Of the token.</param>
/// <param name="IsElsewhere">The resource in the path belongs to another workspace, of which the caller is no member.</param>
public sealed record AccessAttempt(string Endpoint, Role? Role, IReadOnlyList<string> Scopes, bool IsElsewhere)
{
    public SessionKind Session { get; init; }

    /// <summary>Changes a token of the account's own credentials into one of <see cref="Session"/>.</summary>
    public void Apply(SecurityTokenDescriptor token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (Session != SessionKind.Own)
        {
            token.Claims[Tokens.Claims.Methods] = "sso";
        }
    }
}

/// <summary>What proved the user's identity.</summary>
public enum SessionKind
{
    /// <summary>The account's own credentials.</summary>
    Own,

    /// <summary>Only the provider of the token's workspace.</summary>
    OfWorkspace,

    /// <summary>Only the provider of another workspace than the token's, which identity gives no permissions.</summary>
    OfAnotherWorkspace,
}

/// <param name="Token">Null for none.</param>
/// <param name="Body">JSON, for writes; a valid body makes the response more specific.</param>
public sealed record PreparedRequest(string Path, string? Token, string Body = "{}");

/// <summary>
/// Calls every endpoint of a service anonymously and as viewer, member, admin and owner, with and without the scope, on a resource of its own and
/// of another workspace, with sessions of the account's own credentials and of a workspace's provider, and compares the responses with <see cref="Permissions.All"/>. The rows have the permission of each endpoint; an endpoint
/// without a row is a violation, as is a row without an endpoint.
/// </summary>
public static class AuthorizationMatrix
{
    /// <summary>In a row: anonymous.</summary>
    public const string Anyone = "(anyone)";

    /// <summary>In a row: operators of the installation only. Tokens of users get 403, or 404 as if there were no such resource.</summary>
    public const string Operators = "(operators)";

    private static readonly Role?[] Callers = [null, Role.Viewer, Role.Member, Role.Admin, Role.Owner];

    /// <summary>Every public endpoint, as <c>GET /api/v1/links/{id}</c>.</summary>
    public static IReadOnlyList<string> EndpointsOf(IServiceProvider services) => [.. Routes(services, "/api/").Select(route => route.Name).Order(StringComparer.Ordinal)];

    /// <param name="prepare">Creates what the attempt may delete.</param>
    /// <param name="permissionOf">For endpoints that declare their permission by other means than a policy.</param>
    /// <returns>The deviations from the table.</returns>
    public static async Task<IReadOnlyList<string>> ViolationsAsync(
        IServiceProvider services, HttpClient client, IReadOnlyDictionary<string, string> rows, Func<AccessAttempt, Task<PreparedRequest>> prepare,
        Func<RouteEndpoint, string?>? permissionOf = null)
    {
        var violations = new List<string>();
        var routes = Routes(services, "/api/").ToList();
        violations.AddRange(routes.Where(route => !rows.ContainsKey(route.Name)).Select(route => $"{route.Name} has no row in the matrix"));
        violations.AddRange(rows.Keys.Where(row => routes.All(route => route.Name != row)).Select(row => $"{row} has a row, but doesn't exist"));
        foreach (var (name, endpoint) in routes.Where(route => rows.ContainsKey(route.Name)))
        {
            violations.AddRange(CheckMetadata(name, endpoint, rows[name], permissionOf?.Invoke(endpoint)));
            foreach (var attempt in Attempts(name, endpoint, rows[name]))
            {
                if (await CheckAsync(client, attempt, rows[name], prepare) is { } violation)
                {
                    violations.Add(violation);
                }
            }
        }

        foreach (var (name, _) in Routes(services, "/internal"))
        {
            var attempt = new AccessAttempt(name, Role.Owner, Scopes.All, IsElsewhere: false);
            var (status, _) = await SendAsync(client, attempt, await prepare(attempt));
            if (status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            {
                violations.Add($"{name} answers {(int)status} to an owner's token: it is for our own services");
            }
        }

        return violations;
    }

    private static IEnumerable<(string Name, RouteEndpoint Endpoint)> Routes(IServiceProvider services, string prefix) =>
        from endpoint in services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let pattern = "/" + endpoint.RoutePattern.RawText?.Trim('/')
        where pattern.StartsWith(prefix, StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
        select ($"{method} {pattern}", endpoint);

    private static IEnumerable<AccessAttempt> Attempts(string name, RouteEndpoint endpoint, string needs)
    {
        foreach (var role in needs == Anyone ? [null] : Callers)
        {
            yield return new AccessAttempt(name, role, Scopes.All, IsElsewhere: false);
        }

        if (Permissions.All.FirstOrDefault(permission => permission.Name == needs) is { } permission)
        {
            yield return new AccessAttempt(name, Role.Owner, [.. Scopes.All.Where(scope => scope != permission.Scope)], IsElsewhere: false);
            if (endpoint.RoutePattern.Parameters.Count > 0)
            {
                yield return new AccessAttempt(name, Role.Owner, Scopes.All, IsElsewhere: true);
            }

            yield return new AccessAttempt(name, Role.Viewer, [Scopes.Account], IsElsewhere: false) { Session = SessionKind.OfAnotherWorkspace };
        }

        if (needs != Anyone)
        {
            yield return new AccessAttempt(name, Role.Owner, Scopes.All, IsElsewhere: false) { Session = SessionKind.OfWorkspace };
        }
    }

    private static IEnumerable<string> CheckMetadata(string name, RouteEndpoint endpoint, string needs, string? other)
    {
        var isOpen = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
        var policies = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(data => data.Policy).OfType<string>().ToList();
        if (other is not null)
        {
            policies.Add(other);
        }

        if (isOpen != (needs == Anyone))
        {
            yield return $"{name} {(isOpen ? "is open" : "is closed")}, but the matrix says {needs}";
        }

        if (needs is not (Anyone or Operators) && !policies.Contains(needs))
        {
            yield return $"{name} is guarded by [{string.Join(", ", policies)}], but the matrix says {needs}";
        }
    }

    private static async Task<string?> CheckAsync(
        HttpClient client, AccessAttempt attempt, string needs, Func<AccessAttempt, Task<PreparedRequest>> prepare)
    {
        var (status, problem) = await SendAsync(client, attempt, await prepare(attempt));
        var expected = Expected(attempt, needs);
        var passed = expected switch
        {
            "in" => status != HttpStatusCode.Unauthorized && problem is not ("forbidden" or "unauthorized" or "recent-sign-in-required") && (int)status < 500,
            "401" => status == HttpStatusCode.Unauthorized,
            "own credentials" => (status == HttpStatusCode.Forbidden && problem == "recent-sign-in-required")
                || (status == HttpStatusCode.BadRequest && problem == "validation" && attempt.Session == SessionKind.OfAnotherWorkspace && attempt.Endpoint.StartsWith('P')),
            "403" => status == HttpStatusCode.Forbidden,
            // Reads and deletions need only the URL; a write may be refused as invalid before its resource is looked up.
            "404" => status == HttpStatusCode.NotFound || (status == HttpStatusCode.BadRequest && problem == "validation" && attempt.Endpoint.StartsWith('P')),
            _ => status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound,
        };
        var who = attempt.Role?.ToString() ?? "nobody";
        return passed ? null
            : $"{attempt.Endpoint} as {who}{(attempt.IsElsewhere ? " of another workspace" : "")} with [{string.Join(' ', attempt.Scopes)}] in a session {attempt.Session}: {(int)status} {problem}, not {expected}";
    }

    private static string Expected(AccessAttempt attempt, string needs)
    {
        if (needs == Anyone)
        {
            return "in";
        }

        if (attempt.Role is not { } role)
        {
            return "401";
        }

        if (needs == Operators)
        {
            return "403 or 404";
        }

        var permission = Permissions.All.Single(row => row.Name == needs);
        if (attempt.Session == SessionKind.OfAnotherWorkspace ? needs != Permissions.Profile : attempt.Session == SessionKind.OfWorkspace && permission.NeedsOwnCredentials)
        {
            return "own credentials";
        }

        return !attempt.Scopes.Contains(permission.Scope) || role < permission.LeastRole ? "403" : attempt.IsElsewhere ? "404" : "in";
    }

    private static async Task<(HttpStatusCode Status, string? Problem)> SendAsync(HttpClient client, AccessAttempt attempt, PreparedRequest prepared)
    {
        var method = new HttpMethod(attempt.Endpoint.Split(' ')[0]);
        using var request = new HttpRequestMessage(method, prepared.Path);
        if (method != HttpMethod.Get && method != HttpMethod.Delete)
        {
            request.Content = new StringContent(prepared.Body, Encoding.UTF8, "application/json");
        }

        if (prepared.Token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", prepared.Token);
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return (response.StatusCode, null);
        }

        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, problem.RootElement.GetProperty("type").GetString()?["/problems/".Length..]);
    }
}
