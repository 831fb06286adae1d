using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.ServiceDefaults.Tests.Auth;

/// <summary>Publishes keys like identity and signs with them.</summary>
internal sealed class IdentityStandIn : IAsyncDisposable
{
    private StandIn? _server;

    public int Port { get; private set; }

    public List<ECDsaSecurityKey> Published { get; } = [];

    /// <summary>If set, the response instead of the keys.</summary>
    public RequestDelegate? Instead { get; set; }

    /// <summary>The number of requests for keys.</summary>
    public int Asked { get; private set; }

    public ConcurrentQueue<AccessRevoked> Revoked { get; } = [];

    /// <summary>If set, the response instead of the revocations.</summary>
    public RequestDelegate? RevocationsInstead { get; set; }

    public (string, string) Setting => ("services:identity:http:0", $"http://127.0.0.1:{Port}");

    public static async Task<IdentityStandIn> StartAsync()
    {
        var identity = new IdentityStandIn();
        identity.Published.Add(NewKey("key-1"));
        await identity.UpAsync();
        return identity;
    }

    /// <summary>A stand-in that is down until <see cref="UpAsync"/>.</summary>
    public static IdentityStandIn Down()
    {
        var identity = new IdentityStandIn { Port = StandIn.Refusing().Port };
        identity.Published.Add(NewKey("key-1"));
        return identity;
    }

    public async Task UpAsync()
    {
        _server = await StandIn.StartAsync(AnswerAsync, Port);
        Port = _server.Address.Port;
    }

    public async Task GoDownAsync()
    {
        await _server!.DisposeAsync();
        _server = null;
    }

    public static ECDsaSecurityKey NewKey(string id) => new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = id };

    public string Sign(Action<SecurityTokenDescriptor>? change = null, SecurityKey? key = null, string algorithm = SecurityAlgorithms.EcdsaSha256)
    {
        var now = DateTime.SpecifyKind(TimeProvider.System.GetUtcNow().UtcDateTime, DateTimeKind.Utc);
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Tokens.Issuer,
            Audience = Tokens.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddMinutes(10),
            Claims = new Dictionary<string, object>
            {
                [Tokens.Claims.Subject] = "0197a1f0-0000-7000-8000-000000000001",
                [Tokens.Claims.Workspace] = "0197a1f0-0000-7000-8000-000000000002",
                [Tokens.Claims.Role] = "owner",
                [Tokens.Claims.Scope] = "links:read links:write",
                [Tokens.Claims.Plan] = "free",
                [Tokens.Claims.Locale] = "de",
                [Tokens.Claims.Session] = "0197a1f0-0000-7000-8000-000000000003",
                [Tokens.Claims.IssuedAtMs] = new DateTimeOffset(now).ToUnixTimeMilliseconds(),
            },
            SigningCredentials = new SigningCredentials(key ?? Published[^1], algorithm),
        };
        change?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/internal/revocations")
        {
            return RevocationsInstead is not null
                ? RevocationsInstead(context)
                : context.Response.WriteAsJsonAsync(new CurrentRevocations("1", [.. Revoked]));
        }

        Asked++;
        if (Instead is not null)
        {
            return Instead(context);
        }

        if (context.Request.Path != "/.well-known/jwks.json")
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        }

        var keys = Published.Select(key =>
        {
            var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(key);
            return new { kty = jwk.Kty, crv = jwk.Crv, x = jwk.X, y = jwk.Y, kid = key.KeyId, use = "sig", alg = "ES256" };
        });
        return context.Response.WriteAsync(JsonSerializer.Serialize(new { keys }));
    }
}
