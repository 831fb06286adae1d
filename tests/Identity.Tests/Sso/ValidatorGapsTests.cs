using System.IdentityModel.Tokens.Jwt;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>What IdentityModel's validators don't check (docs/adr/0040). If one of these fails after an upgrade, our own check can be removed.</summary>
public sealed class ValidatorGapsTests
{
    private const string Issuer = "https://provider.example";

    [Theory]
    [InlineData("aud", """["linkshort","somebody else"]""")]
    [InlineData("iat", "1")]
    [InlineData("auth_time", "1")]
    public void The_protocols_validator_accepts(string claim, string value)
    {
        var token = Token(claims => claims[claim] = JsonNode.Parse(value));
        new OpenIdConnectProtocolValidator { RequireStateValidation = false, RequireTimeStampInNonce = false, RequireAuthTime = claim == "auth_time" }
            .ValidateTokenResponse(new OpenIdConnectProtocolValidationContext
            {
                ClientId = "linkshort",
                Nonce = "nonce",
                ProtocolMessage = new OpenIdConnectMessage { IdToken = token, AccessToken = "opaque" },
                ValidatedIdToken = new JwtSecurityToken(token),
            });
    }

    [Fact]
    public void Userinfo_may_be_a_token_without_a_signature() => new OpenIdConnectProtocolValidator().ValidateUserInfoResponse(
        new OpenIdConnectProtocolValidationContext { UserInfoEndpointResponse = Token(), ValidatedIdToken = new JwtSecurityToken(Token()) });

    [Theory]
    [InlineData("email", "7", "7")]
    [InlineData("email", """{"a":1}""", """{"a":1}""")]
    public void Claims_of_other_types_become_text(string claim, string value, string text) =>
        new JsonWebToken(Token(claims => claims[claim] = JsonNode.Parse(value))).GetPayloadValue<string>(claim).ShouldBe(text);

    [Fact]
    public async Task Metadata_may_name_another_issuer_and_endpoints_without_https()
    {
        using var provider = new Documents();
        provider.Metadata["issuer"] = "https://another.example";
        provider.Metadata["token_endpoint"] = "file:///etc/passwd";
        var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(Issuer, provider, CancellationToken.None);
        (configuration.Issuer, configuration.TokenEndpoint).ShouldBe(("https://another.example", "file:///etc/passwd"));
    }

    [Fact]
    public async Task The_first_token_after_a_rotation_is_refused_by_the_librarys_configuration_manager()
    {
        using var provider = new Documents();
        var parameters = new TokenValidationParameters
        {
            ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(Issuer, new OpenIdConnectConfigurationRetriever(), provider),
            ValidAudience = "linkshort",
        };
        var handler = new JsonWebTokenHandler();
        (await handler.ValidateTokenAsync(provider.Sign(), parameters)).IsValid.ShouldBeTrue();
        provider.Rotate();
        // It doesn't wait for the keys that it requests.
        (await handler.ValidateTokenAsync(provider.Sign(), parameters).WaitAsync(TimeSpan.FromSeconds(30))).IsValid.ShouldBeFalse();
        provider.Answering.SetResult();
    }

    [Fact]
    public async Task A_failing_provider_gets_a_request_from_each_caller_of_the_librarys_configuration_manager()
    {
        using var provider = new Documents { Fails = true };
        var manager = new ConfigurationManager<OpenIdConnectConfiguration>(Issuer, new OpenIdConnectConfigurationRetriever(), provider);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Should.ThrowAsync<InvalidOperationException>(() => manager.GetConfigurationAsync(CancellationToken.None))));
        provider.Asked.ShouldBe(5);
    }

    private static string Token(Action<JsonObject>? change = null)
    {
        var claims = Claims();
        change?.Invoke(claims);
        return HostileProvider.Sign(claims, "none", "none", _ => []);
    }

    private static JsonObject Claims()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return new() { ["iss"] = Issuer, ["aud"] = "linkshort", ["sub"] = "subject", ["nonce"] = "nonce", ["iat"] = now, ["exp"] = now + 60 };
    }

    private sealed class Documents : IDocumentRetriever, IDisposable
    {
        private RSA _key = RSA.Create(2048);
        private string _kid = "first";
        private int _asked;

        public Documents() => Answering.SetResult();

        public bool Fails { get; init; }

        /// <summary>Completed while responses are immediate.</summary>
        public TaskCompletionSource Answering { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Asked => _asked;

        public JsonObject Metadata { get; } = new() { ["issuer"] = Issuer, ["jwks_uri"] = Issuer + "/keys" };

        public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
        {
            Interlocked.Increment(ref _asked);
            await Task.Yield();
            await Answering.Task;
            if (Fails)
            {
                throw new IOException("gone");
            }

            var key = _key.ExportParameters(false);
            return (address.EndsWith("/keys", StringComparison.Ordinal)
                ? new JsonObject { ["keys"] = new JsonArray(new JsonObject { ["kty"] = "RSA", ["kid"] = _kid, ["n"] = WebEncoders.Base64UrlEncode(key.Modulus!), ["e"] = WebEncoders.Base64UrlEncode(key.Exponent!) }) }
                : Metadata).ToJsonString();
        }

        public string Sign() => HostileProvider.Sign(Claims(), "RS256", _kid, data => _key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        public void Rotate()
        {
            _key.Dispose();
            (_key, _kid) = (RSA.Create(2048), "second");
            Answering = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public void Dispose() => _key.Dispose();
    }
}
