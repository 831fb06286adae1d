using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>A provider that behaves correctly unless a test changes it. It issues codes, and composes tokens by hand.</summary>
public sealed class HostileProvider : IAsyncDisposable
{
    public const string AccessToken = "opaque";

    private readonly ConcurrentDictionary<string, Code> _codes = new();
    private readonly WebApplication _app;

    private HostileProvider(WebApplication app) => _app = app;

    public string Issuer { get; private set; } = "";

    /// <summary>The path of its issuer, so that one server can be several providers.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>The signing key.</summary>
    public RSA Key { get; set; } = RSA.Create(2048);

    public string Kid { get; set; } = "first";

    /// <summary>Overrides for the metadata.</summary>
    public Action<JsonObject>? ChangeMetadata { get; set; }

    /// <summary>Overrides for the published key and the token response.</summary>
    public Action<JsonObject>? ChangeKey { get; set; }

    public Action<JsonObject>? ChangeTokenResponse { get; set; }

    /// <summary>Replaces responses by path: discovery, keys, token, userinfo.</summary>
    public Func<string, HttpContext, Task<bool>>? Instead { get; set; }

    public ConcurrentQueue<(string Path, IReadOnlyDictionary<string, string> Form, string Authorization)> Requests { get; } = new();

    public static async Task<HostileProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var provider = new HostileProvider(builder.Build());
        provider._app.Run(provider.AnswerAsync);
        await provider._app.StartAsync();
        provider.Issuer = provider._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return provider;
    }

    /// <summary>The user consented.</summary>
    /// <param name="request">The authorization request.</param>
    /// <param name="claims">The token's claims; missing standard claims are added.</param>
    /// <param name="sign">Creates the token from its claims; default a correct signature.</param>
    /// <returns>The code.</returns>
    public string Agree(AuthorizationRequest request, Action<JsonObject>? claims = null, Func<JsonObject, string>? sign = null)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var token = new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = request.ClientId,
            ["sub"] = Guid.NewGuid().ToString("N"),
            ["iat"] = now,
            ["exp"] = now + 300,
            ["nonce"] = request.Nonce,
        };
        claims?.Invoke(token);
        var code = Guid.NewGuid().ToString("N");
        _codes[code] = new Code(request.CodeChallenge, request.RedirectUri, (sign ?? Sign)(token));
        return code;
    }

    public string Sign(JsonObject claims) => Sign(claims, "RS256", Kid, data => Key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    /// <param name="payload">JSON, or something malformed.</param>
    public string SignText(string payload) => SignText(payload, "RS256", Kid, data => Key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static string Sign(JsonObject claims, string algorithm, string kid, Func<byte[], byte[]> sign) => SignText(claims.ToJsonString(), algorithm, kid, sign);

    private static string SignText(string payload, string algorithm, string kid, Func<byte[], byte[]> sign)
    {
        var header = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = kid };
        var body = Encode(header.ToJsonString()) + "." + Encode(payload);
        return body + "." + WebEncoders.Base64UrlEncode(sign(Encoding.ASCII.GetBytes(body)));
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static string Encode(string json) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(json));

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        path = Prefix.Length > 0 && path.StartsWith(Prefix, StringComparison.Ordinal) ? path[Prefix.Length..] : path;
        var form = context.Request.HasFormContentType
            ? (await context.Request.ReadFormAsync()).ToDictionary(field => field.Key, field => field.Value.ToString())
            : [];
        Requests.Enqueue((path, form, context.Request.Headers.Authorization.ToString()));
        if (Instead is { } instead && await instead(path, context))
        {
            return;
        }

        switch (path)
        {
            case "/.well-known/openid-configuration":
                var metadata = new JsonObject
                {
                    ["issuer"] = Issuer + Prefix,
                    ["authorization_endpoint"] = Issuer + "/authorize",
                    ["token_endpoint"] = Issuer + "/token",
                    ["jwks_uri"] = Issuer + "/keys",
                };
                ChangeMetadata?.Invoke(metadata);
                await WriteAsync(context, metadata);
                break;
            case "/keys":
                var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(Key.ExportParameters(false)));
                var published = new JsonObject { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = Kid, ["n"] = key.N, ["e"] = key.E };
                ChangeKey?.Invoke(published);
                await WriteAsync(context, new JsonObject { ["keys"] = new JsonArray(published) });
                break;
            case "/token" when _codes.TryRemove(form.GetValueOrDefault("code", ""), out var code)
                && form.GetValueOrDefault("redirect_uri") == code.RedirectUri
                && WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(form.GetValueOrDefault("code_verifier", "")))) == code.Challenge:
                var tokens = new JsonObject { ["token_type"] = "Bearer", ["access_token"] = AccessToken, ["id_token"] = code.IdToken };
                ChangeTokenResponse?.Invoke(tokens);
                await WriteAsync(context, tokens);
                break;
            case "/token":
                context.Response.StatusCode = (int)HttpStatusCode.BadRequest;
                await WriteAsync(context, new JsonObject { ["error"] = "invalid_grant", ["error_description"] = "<script>" });
                break;
            default:
                context.Response.StatusCode = (int)HttpStatusCode.NotFound;
                break;
        }
    }

    private static Task WriteAsync(HttpContext context, JsonObject json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString());
    }

    private sealed record Code(string Challenge, string RedirectUri, string IdToken);
}

/// <summary>An authorization request, parsed from its URL.</summary>
public sealed record AuthorizationRequest(string Url)
{
    private readonly Dictionary<string, Microsoft.Extensions.Primitives.StringValues> _query = QueryHelpers.ParseQuery(new Uri(Url).Query);

    public string ClientId => this["client_id"];

    public string Nonce => this["nonce"];

    public string State => this["state"];

    public string CodeChallenge => this["code_challenge"];

    public string RedirectUri => this["redirect_uri"];

    public string this[string name] => _query.TryGetValue(name, out var value) ? value.ToString() : "";
}
