using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Testing;

/// <summary>Tries forged and revoked tokens on a service.</summary>
public static class TokenAttacks
{
    /// <summary>Checks that each is answered with 401, and a valid token isn't.</summary>
    /// <param name="services">The service's, because revocations are sent over its bus.</param>
    /// <param name="path">A path that a signed-in member of <paramref name="workspace"/> may read.</param>
    /// <returns>Those with another response.</returns>
    public static async Task<IReadOnlyList<string>> SucceededAsync(
        IServiceProvider services, HttpClient client, TokenIssuer issuer, string path, Guid workspace)
    {
        var succeeded = new List<string>();
        var good = issuer.Token(workspace);
        await Eventually.BecomesAsync(() => StatusAsync(client, path, good), status => status == HttpStatusCode.OK);
        foreach (var (name, token) in Forged(issuer, good, workspace))
        {
            if (await StatusAsync(client, path, token) is var status and not HttpStatusCode.Unauthorized)
            {
                succeeded.Add($"{name}: {(int)status}");
            }
        }

        await Eventually.BecomesAsync(
            () => Task.FromResult(services.GetRequiredService<IBusControl>().CheckHealth().Status), status => status == BusHealthStatus.Healthy);
        foreach (var kind in new[] { RevocationKinds.Session, RevocationKinds.User, RevocationKinds.Member, RevocationKinds.Workspace, RevocationKinds.ApiKey })
        {
            var (user, its, session, key) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
            var token = kind == RevocationKinds.ApiKey ? issuer.Token(its, user, apiKey: key) : issuer.Token(its, user, session: session);
            if (await StatusAsync(client, path, token) is var before and (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            {
                succeeded.Add($"good before the revocation of its {kind}: {(int)before}");
            }

            var revocation = issuer.Revoke(kind, kind switch
            {
                RevocationKinds.Session => session.ToString(),
                RevocationKinds.User => user.ToString(),
                RevocationKinds.Member => $"{user}:{its}",
                RevocationKinds.Workspace => its.ToString(),
                _ => key.ToString(),
            });
            await services.GetRequiredService<IBus>().Publish(revocation);
            try
            {
                await Eventually.BecomesAsync(() => StatusAsync(client, path, token), status => status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(3));
            }
            catch (TimeoutException)
            {
                succeeded.Add($"revoked {kind}");
            }
        }

        if (await StatusAsync(client, path, good) is var after and not HttpStatusCode.OK)
        {
            succeeded.Add($"a good token, after others were revoked: {(int)after}");
        }

        return succeeded;
    }

    private static IEnumerable<(string Name, string Token)> Forged(TokenIssuer issuer, string good, Guid workspace)
    {
        var parts = good.Split('.');
        var header = JsonNode.Parse(Base64UrlEncoder.Decode(parts[0]))!.AsObject();
        var payload = JsonNode.Parse(Base64UrlEncoder.Decode(parts[1]))!.AsObject();
        yield return ("alg none", $"{Changed(header, "alg", "none")}.{parts[1]}.");
        yield return ("alg none with the signature", $"{Changed(header, "alg", "none")}.{parts[1]}.{parts[2]}");
        yield return ("HS256 with the key set as the secret", Hmac(Changed(header, "alg", "HS256"), parts[1], issuer.KeySet));
        yield return ("no signature", $"{parts[0]}.{parts[1]}.");
        yield return ("unpublished key", TokenIssuer.ForgedToken(workspace));
        yield return ("unpublished key under a published name", TokenIssuer.ForgedToken(workspace, issuer.KeyId));
        yield return ("another workspace under the old signature", $"{parts[0]}.{Changed(payload, "ws", Guid.NewGuid().ToString())}.{parts[2]}");
        yield return ("another role under the old signature", $"{parts[0]}.{Changed(payload, "role", "viewer")}.{parts[2]}");
        yield return ("another audience", issuer.Token(workspace, change: token => token.Audience = "another-api"));
        yield return ("another issuer", issuer.Token(workspace, change: token => token.Issuer = "another"));
        yield return ("expired", issuer.Token(workspace, lifetime: TimeSpan.FromSeconds(-30)));
        yield return ("no expiry", issuer.Token(workspace, change: token => token.Expires = null));
        yield return ("no session", issuer.Token(workspace, change: token => token.Claims.Remove(Tokens.Claims.Session)));
        yield return ("a session that is no id", issuer.Token(workspace, change: token => token.Claims[Tokens.Claims.Session] = "root"));
        yield return ("a session and an API key", issuer.Token(workspace, change: token => token.Claims[Tokens.Claims.ApiKey] = Guid.NewGuid().ToString()));
        yield return ("no time of issue", issuer.Token(workspace, change: token => token.Claims.Remove(Tokens.Claims.IssuedAtMs)));
        yield return ("no workspace", issuer.Token(workspace, change: token => token.Claims.Remove(Tokens.Claims.Workspace)));
        yield return ("no person", issuer.Token(workspace, change: token => token.Claims.Remove(Tokens.Claims.Subject)));
        yield return ("an API key instead", "ls_live_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG");
        yield return ("nonsense", "nonsense");
    }

    private static string Changed(JsonObject part, string name, string value)
    {
        var changed = part.DeepClone().AsObject();
        changed[name] = value;
        return Base64UrlEncoder.Encode(changed.ToJsonString());
    }

    private static string Hmac(string header, string payload, string secret) =>
        $"{header}.{payload}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{header}.{payload}")))}";

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }
}
