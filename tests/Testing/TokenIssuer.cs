using System.Security.Cryptography;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Testing;

/// <summary>
/// Stands in for identity towards one service under test: serves a key set over HTTP and signs tokens with it, so that the
/// service's real validation runs.
/// </summary>
public sealed class TokenIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private ECDsaSecurityKey _key = NewKey();
    private List<ECDsaSecurityKey> _published;

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
        await app.StartAsync();
        return issuer;
    }

    /// <summary>Signs with a new key from now on; the old one stays published.</summary>
    public void Rotate()
    {
        _key = NewKey();
        _published = [.. _published, _key];
    }

    /// <summary>An access token as identity would issue it.</summary>
    /// <param name="scopes">All of them when none is named.</param>
    public string Token(Guid? workspace = null, Guid? user = null, IEnumerable<string>? scopes = null, TimeSpan? lifetime = null) =>
        Sign(_key, workspace, user, scopes, lifetime);

    /// <summary>A token with the right shape, signed by a key that nobody published.</summary>
    public static string ForgedToken(Guid? workspace = null) => Sign(NewKey(), workspace, null, null, null);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        foreach (var key in _published)
        {
            key.ECDsa.Dispose();
        }
    }

    private static string Sign(ECDsaSecurityKey key, Guid? workspace, Guid? user, IEnumerable<string>? scopes, TimeSpan? lifetime)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var expires = now + (lifetime ?? TimeSpan.FromMinutes(10));
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Tokens.Issuer,
            Audience = Tokens.Audience,
            NotBefore = expires < now ? expires.AddMinutes(-1) : now,
            IssuedAt = expires < now ? expires.AddMinutes(-1) : now,
            Expires = expires,
            Claims = new Dictionary<string, object>
            {
                [Tokens.Claims.Subject] = (user ?? Guid.CreateVersion7()).ToString(),
                [Tokens.Claims.Workspace] = (workspace ?? Guid.CreateVersion7()).ToString(),
                [Tokens.Claims.Role] = "owner",
                [Tokens.Claims.Scope] = string.Join(' ', scopes ?? Scopes.All),
                [Tokens.Claims.Plan] = "free",
                [Tokens.Claims.Locale] = "en",
            },
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
        });
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
