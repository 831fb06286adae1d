using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Tests;

public sealed class ForgedTokenTests(IdentityApplication identity)
{
    [Fact]
    public async Task Tokens_that_identity_did_not_sign_as_they_are_open_nothing()
    {
        var account = await identity.RegisterAsync();
        var victim = await identity.RegisterAsync();
        var good = (await account.LogInAsync()).AccessToken;
        (await StatusAsync(good)).ShouldBe(HttpStatusCode.OK);

        var parts = good.Split('.');
        var header = JsonNode.Parse(Base64UrlEncoder.Decode(parts[0]))!.AsObject();
        var payload = JsonNode.Parse(Base64UrlEncoder.Decode(parts[1]))!.AsObject();
        var kid = header["kid"]!.ToString();
        var forgeries = new Dictionary<string, string>
        {
            ["another workspace"] = $"{parts[0]}.{Part(payload, "ws", victim.WorkspaceId.ToString())}.{parts[2]}",
            ["another person"] = $"{parts[0]}.{Part(payload, "sub", victim.Id.ToString())}.{parts[2]}",
            ["alg none"] = $"{Part(header, "alg", "none")}.{parts[1]}.",
            ["alg none, signature kept"] = $"{Part(header, "alg", "none")}.{parts[1]}.{parts[2]}",
            ["alg None"] = $"{Part(header, "alg", "None")}.{parts[1]}.",
            ["no signature"] = $"{parts[0]}.{parts[1]}.",
            ["signature cut"] = $"{parts[0]}.{parts[1]}.{parts[2][..^4]}",
            ["signature of zeros"] = $"{parts[0]}.{parts[1]}.{Base64UrlEncoder.Encode(new byte[64])}",
            ["unknown key id"] = $"{Part(header, "kid", "nobody")}.{parts[1]}.{parts[2]}",
            ["HMAC with the public key's id"] = Hmac(header, parts[1], kid),
            ["own key under our id"] = Sign(kid, payload),
            ["two parts"] = $"{parts[0]}.{parts[1]}",
            ["not a token"] = "nonsense",
            ["empty"] = "",
        };
        foreach (var (what, token) in forgeries)
        {
            (await StatusAsync(token)).ShouldBe(HttpStatusCode.Unauthorized, what);
        }
    }

    private async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var client = identity.Host.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await client.SendAsync(request);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        }

        return response.StatusCode;
    }

    private static string Part(JsonObject part, string name, string value)
    {
        var changed = part.DeepClone().AsObject();
        changed[name] = value;
        return Base64UrlEncoder.Encode(changed.ToJsonString());
    }

    private static string Hmac(JsonObject header, string payload, string kid)
    {
        var signed = $"{Part(header, "alg", "HS256")}.{payload}";
        return $"{signed}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(kid), Encoding.UTF8.GetBytes(signed)))}";
    }

    private static string Sign(string kid, JsonObject payload)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new JsonWebTokenHandler().CreateToken(
            payload.ToJsonString(), new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = kid }, SecurityAlgorithms.EcdsaSha256));
    }
}
