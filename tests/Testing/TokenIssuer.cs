using System.Security.Cryptography;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Features;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Testing;

/// <summary>
/// Replaces identity for a service under test: serves a key set over HTTP and signs tokens with it, so that the service's real validation
/// runs.
/// </summary>
public sealed class TokenIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private ECDsaSecurityKey _key = NewKey();
    private List<ECDsaSecurityKey> _published;
    private IReadOnlyList<AccessRevoked> _revocations = [];

    private TokenIssuer(WebApplication app)
    {
        _app = app;
        _published = [_key];
    }

    /// <summary>Base address, for the setting <c>services:identity:http:0</c>.</summary>
    public string Address => _app.Urls.First();

    public static async Task<TokenIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new TokenIssuer(app);
        app.MapGet("/.well-known/jwks.json", () => Results.Json(new { keys = issuer._published.Select(PublicPart) }));
        app.MapGet("/internal/revocations", () => Results.Json(new CurrentRevocations("1", [.. issuer._revocations])));
        app.MapGet("/internal/features", (long known) => issuer.Features is { } features && features.Revision != known ? Results.Json(features) : Results.NoContent());
        app.MapGet("/internal/workspaces/{id:guid}/contact", (Guid id) => issuer.Contact(id) is { } contact ? Results.Json(contact) : Results.NotFound());
        app.MapGet("/internal/operators/{id:guid}", (Guid id) => Results.Json(issuer.OperatorStanding(id)));
        await app.StartAsync();
        return issuer;
    }

    /// <summary>The response of <c>GET /internal/features</c>; null for no changes.</summary>
    public CurrentFeatureFlags? Features { get; set; }

    /// <summary>The response of <c>GET /internal/workspaces/{id}/contact</c>; null for a workspace that doesn't exist.</summary>
    public Func<Guid, object?> Contact { get; set; } = id => new
    {
        workspaceId = id, name = "Ada's links", ownerId = id, email = $"{id:N}@example.org", ownerName = "Ada Lovelace", locale = "en",
    };

    /// <summary>The response of <c>GET /internal/operators/{id}</c>. Everybody whose token claims it, by default.</summary>
    public Func<Guid, object> OperatorStanding { get; set; } = _ => new { @operator = true, secondFactor = true };

    /// <summary>The key that tokens are signed with now.</summary>
    public string KeyId => _key.KeyId;

    /// <summary>The key set as it is published.</summary>
    public string KeySet => System.Text.Json.JsonSerializer.Serialize(new { keys = _published.Select(PublicPart) });

    /// <summary>Signs with a new key from now on; the old one remains published.</summary>
    public void Rotate()
    {
        _key = NewKey();
        _published = [.. _published, _key];
    }

    /// <summary>An access token as identity would issue it.</summary>
    /// <param name="scopes">All by default.</param>
    /// <param name="change">Makes it something that identity would not issue.</param>
    public string Token(
        Guid? workspace = null, Guid? user = null, IEnumerable<string>? scopes = null, TimeSpan? lifetime = null, string role = "owner",
        Guid? session = null, Guid? apiKey = null, Action<SecurityTokenDescriptor>? change = null) =>
        Sign(_key, workspace, user, scopes, lifetime, role, session, apiKey, change);

    /// <summary>A well-formed token, signed by an unpublished key.</summary>
    /// <param name="keyId">The key id in its header; null for an unknown one.</param>
    public static string ForgedToken(Guid? workspace = null, string? keyId = null)
    {
        var key = NewKey();
        key.KeyId = keyId ?? key.KeyId;
        return Sign(key, workspace, null, null, null, "owner", null, null, null);
    }

    /// <summary>Revokes tokens, for <c>GET /internal/revocations</c>.</summary>
    public AccessRevoked Revoke(string kind, string subject)
    {
        var now = TimeProvider.System.GetUtcNow();
        var revocation = new AccessRevoked(Guid.CreateVersion7(), kind, subject, now.AddMilliseconds(1), now.AddMinutes(10));
        _revocations = [.. _revocations, revocation];
        return revocation;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        foreach (var key in _published)
        {
            key.ECDsa.Dispose();
        }
    }

    private static string Sign(
        ECDsaSecurityKey key, Guid? workspace, Guid? user, IEnumerable<string>? scopes, TimeSpan? lifetime, string role,
        Guid? session, Guid? apiKey, Action<SecurityTokenDescriptor>? change)
    {
        var now = TimeProvider.System.GetUtcNow();
        var expires = now.UtcDateTime + (lifetime ?? TimeSpan.FromMinutes(10));
        var issued = expires < now.UtcDateTime ? expires.AddMinutes(-1) : now.UtcDateTime;
        var claims = new Dictionary<string, object>
        {
            [Tokens.Claims.Subject] = (user ?? Guid.CreateVersion7()).ToString(),
            [Tokens.Claims.Workspace] = (workspace ?? Guid.CreateVersion7()).ToString(),
            [Tokens.Claims.Role] = role,
            [Tokens.Claims.Scope] = string.Join(' ', scopes ?? Scopes.All),
            [Tokens.Claims.Plan] = "free",
            [Tokens.Claims.Locale] = "en",
            [Tokens.Claims.IssuedAtMs] = now.ToUnixTimeMilliseconds(),
        };
        if (apiKey is { } id)
        {
            claims[Tokens.Claims.ApiKey] = id.ToString();
        }
        else
        {
            claims[Tokens.Claims.Session] = (session ?? Guid.CreateVersion7()).ToString();
            claims[Tokens.Claims.Methods] = "pwd";
            claims[Tokens.Claims.AuthenticatedAt] = now.ToUnixTimeSeconds();
        }

        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Tokens.Issuer,
            Audience = Tokens.Audience,
            NotBefore = issued,
            IssuedAt = issued,
            Expires = expires,
            Claims = claims,
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
        };
        change?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    private static ECDsaSecurityKey NewKey() =>
        new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = Guid.NewGuid().ToString("N") };

    private static object PublicPart(ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return new
        {
            kty = "EC",
            crv = "P-256",
            use = "sig",
            alg = SecurityAlgorithms.EcdsaSha256,
            kid = key.KeyId,
            x = Base64UrlEncoder.Encode(point.X),
            y = Base64UrlEncoder.Encode(point.Y),
        };
    }
}
