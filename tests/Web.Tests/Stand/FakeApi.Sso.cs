using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Single sign-on, with a provider that redirects everybody straight back.</summary>
internal sealed partial class FakeApi
{
    private readonly ConcurrentDictionary<string, (string Browser, string? ReturnUrl, Account? Linker)> _ssoStates = new();
    private readonly ConcurrentDictionary<Guid, JsonObject> _ssoConnections = new();
    private readonly ConcurrentDictionary<Guid, JsonArray> _ssoDomains = new();

    /// <summary>The user that the provider authenticates.</summary>
    public Account? SsoPerson { get; set; }

    /// <summary>The web app's URL, which the provider redirects to.</summary>
    public string SsoCallback { get; set; } = "";

    public const string SsoDomain = "corp.example";

    /// <summary>The connection that was saved last.</summary>
    public JsonObject? SsoConnectionOf(Team team) => _ssoConnections.GetValueOrDefault(team.Id);

    private void MapSso()
    {
        var sso = _app.MapGroup("/api/v1/auth/sso");
        sso.MapGet("/providers", () => Results.Json(new { items = new[] { new { name = "google", displayName = "Google" } } }));
        sso.MapPost("/start", (JsonObject body) => Text(body, "email") is { } email && !email.EndsWith("@" + SsoDomain, StringComparison.Ordinal)
            ? Problem(404, "not-found")
            : Started(Text(body, "browserKey")!, Text(body, "returnUrl"), null));
        MapSsoCallback(sso);
        MapConnections(_app.MapGroup("/api/v1/me/sso"));
        MapWorkspaceSso(_app.MapGroup("/api/v1/workspaces/{id:guid}/sso"));
    }

    private void MapSsoCallback(RouteGroupBuilder sso)
    {
        sso.MapPost("/callback", (HttpRequest request, JsonObject body) =>
        {
            if (!_ssoStates.TryGetValue(Text(body, "state") ?? "", out var state) || state.Browser != Text(body, "browserKey")
                || !_ssoStates.TryRemove(Text(body, "state")!, out _))
            {
                return Problem(401, "sso-failed", "\"reason\":\"state\"");
            }

            if (Text(body, "error") is not null)
            {
                return Problem(401, "sso-failed", "\"reason\":\"denied\"");
            }

            if (state.Linker is { } linker)
            {
                linker.State.Linked.Add((Guid.CreateVersion7(), "google", "Google"));
                return Results.Json(new { linked = "Google", returnUrl = state.ReturnUrl });
            }

            var person = SsoPerson!;
            if (person.State.TotpSince is not null)
            {
                var challenge = "challenge-" + RandomNumberGenerator.GetHexString(16);
                _challenges[challenge] = person;
                return Problem(401, "two-factor-required", $"\"challenge\":\"{challenge}\",\"methods\":[\"totp\"],\"expiresIn\":300,\"returnUrl\":\"{state.ReturnUrl}\"");
            }

            var access = $"access-{RandomNumberGenerator.GetHexString(24)}.{ClaimsOf(person)}.signature";
            var refresh = "refresh-" + RandomNumberGenerator.GetHexString(24);
            person.FamilyRevoked = false;
            person.RefreshTokens[refresh] = true;
            _accessTokens[access] = (person, TimeProvider.System.GetUtcNow() + person.State.TokenLifetime);
            return Results.Json(new { accessToken = access, refreshToken = refresh, expiresIn = 600, tokenType = "Bearer", returnUrl = state.ReturnUrl });
        });
        // The provider.
        _app.MapGet("/provider", (string state) => Results.Redirect($"{SsoCallback}/app/sso/callback/google?code=a-code&state={state}&iss=here"));
    }

    private void MapConnections(RouteGroupBuilder me)
    {
        me.MapGet("/", (HttpRequest request) => Caller(request) is { } account
            ? Results.Json(new
            {
                items = account.State.Linked.Select(each => new
                {
                    id = each.Id, provider = each.Provider, displayName = each.Name, issuer = "https://accounts.example", email = (string?)null,
                    linkedAt = TimeProvider.System.GetUtcNow(), lastUsedAt = TimeProvider.System.GetUtcNow(),
                }),
            })
            : Problem(401, "unauthorized"));
        me.MapPost("/{provider}/link", (HttpRequest request, JsonObject body) =>
            Caller(request) is { } account ? Started(Text(body, "browserKey")!, Text(body, "returnUrl"), account) : Problem(401, "unauthorized"));
        me.MapDelete("/{id:guid}", (HttpRequest request, Guid id) => Caller(request)?.State.Linked.RemoveAll(each => each.Id == id) > 0 ? Results.NoContent() : Problem(404, "not-found"));
    }

    private void MapWorkspaceSso(RouteGroupBuilder workspace)
    {
        workspace.MapGet("/", (HttpContext context, Guid id) => InTeam(context.Request, id, Role.Admin, false, (_, team) =>
        {
            context.Response.Headers.ETag = "\"v1\"";
            return Results.Json(SsoOf(id));
        }));
        workspace.MapPut("/", (HttpContext context, Guid id, JsonObject body) => InTeam(context.Request, id, Role.Owner, true, (_, _) =>
        {
            if (body["enforced"]!.GetValue<bool>() && !_ssoDomains.ContainsKey(id))
            {
                return Invalid("enforced", "Verify a domain first.");
            }

            _ssoConnections[id] = body;
            return Results.Json(SsoOf(id));
        }));
        workspace.MapDelete("/", (HttpContext context, Guid id) => InTeam(context.Request, id, Role.Owner, true, (_, _) =>
            _ssoConnections.TryRemove(id, out _) ? Results.NoContent() : Problem(404, "not-found")));
        workspace.MapPost("/domains", (HttpContext context, Guid id, JsonObject body) => InTeam(context.Request, id, Role.Owner, true, (_, _) =>
        {
            var domain = Text(body, "domain")!;
            if (!domain.Contains('.', StringComparison.Ordinal))
            {
                return Invalid("domain", "Must be a domain such as example.com.");
            }

            JsonObject Made() => new()
            {
                ["domain"] = domain, ["status"] = "pending",
                ["verification"] = new JsonObject { ["type"] = "TXT", ["name"] = "_linkshort-sso." + domain, ["value"] = "linkshort-sso=0123456789abcdef" },
                ["createdAt"] = TimeProvider.System.GetUtcNow(), ["verifiedAt"] = null,
            };
            _ssoDomains[id] = [Made()];
            return Results.Json(Made());
        }));
        workspace.MapPost("/domains/{domain}/verify", (HttpContext context, Guid id, string domain) => InTeam(context.Request, id, Role.Owner, true, (_, _) =>
        {
            if (!_ssoDomains.TryGetValue(id, out var domains))
            {
                return Problem(404, "not-found");
            }

            domains[0]!["status"] = "verified";
            domains[0]!["verifiedAt"] = TimeProvider.System.GetUtcNow();
            return Results.Json(domains[0]!.DeepClone());
        }));
        workspace.MapPost("/test", (HttpContext context, Guid id, JsonObject body) => InTeam(context.Request, id, Role.Owner, true, (_, _) =>
        {
            var issuer = Text(body, "issuer") ?? "";
            if (!issuer.StartsWith("https://", StringComparison.Ordinal))
            {
                return Invalid("issuer", "Must be the provider's https URL.");
            }

            // Entra calls its tenants by ids.
            var published = issuer.Replace("contoso.com", "7f1a2b3c-0000-4000-8000-000000000001", StringComparison.Ordinal);
            var isUp = !issuer.Contains("down", StringComparison.Ordinal);
            string[] names = ["metadata", "issuer", "endpoints", "codeFlow", "keys"];
            return Results.Json(new
            {
                passed = isUp && published == issuer,
                issuer = isUp ? published : null,
                checks = names.Select(name => new
                {
                    name,
                    result = name == "metadata" ? isUp ? "passed" : "failed" : !isUp ? "skipped" : name == "issuer" && published != issuer ? "failed" : "passed",
                    detail = name == "metadata" && !isUp ? "The provider can't be reached, or did not respond in time." : null,
                }),
            });
        }));
        workspace.MapDelete("/domains/{domain}", (HttpContext context, Guid id, string domain) => InTeam(context.Request, id, Role.Owner, true, (_, _) =>
            _ssoDomains.TryRemove(id, out var _) ? Results.NoContent() : Problem(404, "not-found")));
    }

    private IResult Started(string browserKey, string? returnUrl, Account? linker)
    {
        var state = RandomNumberGenerator.GetHexString(24);
        _ssoStates[state] = (browserKey, returnUrl, linker);
        return Results.Json(new { authorizationUrl = $"{Address}/provider?state={state}", expiresIn = 600 });
    }

    private object SsoOf(Guid id) => new
    {
        redirectUri = $"https://links.example.com/app/sso/callback/{id}",
        connection = _ssoConnections.TryGetValue(id, out var known) ? Public(known) : null,
        domains = _ssoDomains.GetValueOrDefault(id, []),
    };

    private static JsonObject Public(JsonObject connection)
    {
        var shown = connection.DeepClone().AsObject();
        shown["hasClientSecret"] = shown.Remove("clientSecret");
        return WithDefaults(
            shown, ("roleClaim", null), ("roles", new JsonObject()), ("createdAt", TimeProvider.System.GetUtcNow()),
            ("updatedAt", TimeProvider.System.GetUtcNow()), ("version", 1));
    }
}
