using System.Text.Json.Nodes;
using LinkShort.Identity.Sso;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace LinkShort.Identity.Tests.Sso;

public sealed class IdTokenTests
{
    private static readonly string[] Claims =
    [
        "iss", "aud", "sub", "iat", "exp", "nbf", "nonce", "azp", "at_hash", "auth_time", "amr", "acr", "jti", "tid", "actort", "email", "email_verified", "name", "locale", "groups",
    ];

    private static readonly string[] Values =
        ["null", "true", "0", "-1", "1.5", "1e300", "99999999999999999999", "\"\"", "\"x\"", "[]", "[null]", "[1,\"x\",[]]", "{}", """{"a":{"b":[1]}}""", "\"\\u0000\\ud800\""];

    [Fact]
    public async Task Claims_of_any_type_are_accepted_or_refused_and_never_a_server_error()
    {
        await using var liar = await HostileProvider.StartAsync();
        var settings = Options.Create(new SsoOptions { ProviderTimeout = TimeSpan.FromSeconds(30), KeyRefreshInterval = TimeSpan.FromHours(1) });
        using var http = new ProviderHttp(settings);
        var metadata = new ProviderMetadata(http, settings, TimeProvider.System);
        var tokens = new IdTokens(metadata, settings, TimeProvider.System);
        var provider = new SsoProvider("liar", "Liar", liar.Issuer, SsoFixture.ClientId, null, SsoProvider.DefaultScope, null);
        var configuration = await metadata.GetAsync(provider, CancellationToken.None);
        var believed = 0;
        foreach (var claim in Claims)
        {
            foreach (var value in Values)
            {
                var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
                var claims = new JsonObject { ["iss"] = liar.Issuer, ["aud"] = SsoFixture.ClientId, ["sub"] = "subject", ["iat"] = now, ["exp"] = now + 60, ["nonce"] = "nonce" };
                claims.Remove(claim);
                // As text, because a JsonNode can't hold invalid UTF-16.
                var payload = claims.ToJsonString()[..^1] + $",\"{claim}\":{value}}}";
                var response = new OpenIdConnectMessage { IdToken = liar.SignText(payload), AccessToken = HostileProvider.AccessToken };
                try
                {
                    (await tokens.ValidateAsync(provider, configuration, response, "nonce")).Subject.Length.ShouldBeInRange(1, 255);
                    believed++;
                }
                catch (ProviderException refused)
                {
                    refused.Reason.ShouldBe(SsoReasons.Token, $"{claim}: {value}");
                }
                catch (Exception exception) when (exception is not ShouldAssertException)
                {
                    throw new InvalidOperationException($"{claim}: {value}", exception);
                }
            }
        }

        believed.ShouldBeGreaterThan(50, "claims that nothing depends on may be anything");
    }
}
