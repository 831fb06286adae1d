using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.ServiceDefaults.Tests.Auth;

public sealed class AccessTokenTests
{
    [Fact]
    public async Task A_token_signed_by_identity_identifies_the_caller()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);

        using var response = await GetAsync(service, "/read", identity.Sign());

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var user = await response.Content.ReadFromJsonAsync<CurrentUser>();
        user.ShouldBe(new CurrentUser(
            Guid.Parse("0197a1f0-0000-7000-8000-000000000001"), Guid.Parse("0197a1f0-0000-7000-8000-000000000002"), "owner", "free", "de", null)
        {
            SessionId = Guid.Parse("0197a1f0-0000-7000-8000-000000000003"),
        });
    }

    [Fact]
    public async Task An_operator_viewing_an_account_reads_nothing_if_reads_cannot_be_recorded()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);

        using var response = await GetAsync(service, "/read", identity.Sign(token => token.Claims[Tokens.Claims.ViewedBy] = Guid.NewGuid().ToString()));

        await response.ShouldBeProblemAsync(403, "view-only");
    }

    [Fact]
    public async Task Many_requests_at_once_fetch_the_keys_few_times()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);
        var token = identity.Sign();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => GetAsync(service, "/read", token)));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        identity.Asked.ShouldBeLessThanOrEqualTo(2);
    }

    public static TheoryData<string> Forgeries => new(Forged.Keys);

    private static readonly Dictionary<string, Func<IdentityStandIn, string>> Forged = new()
    {
        ["no token"] = _ => "",
        ["no JWT"] = _ => "abc",
        ["three dots"] = _ => "..",
        ["no signature"] = identity => string.Join('.', identity.Sign().Split('.')[..2]) + ".",
        ["alg none"] = identity => $"{Base64Url("""{"alg":"none","typ":"JWT","kid":"key-1"}""")}.{identity.Sign().Split('.')[1]}.",
        ["alg None with a signature"] = identity => $"{Base64Url("""{"alg":"None","typ":"JWT","kid":"key-1"}""")}.{identity.Sign().Split('.')[1]}.{identity.Sign().Split('.')[2]}",
        ["another's key under our key's id"] = identity => identity.Sign(key: IdentityStandIn.NewKey("key-1")),
        ["another's key under its own id"] = identity => identity.Sign(key: IdentityStandIn.NewKey("key-x")),
        ["HS256 with our public key as the secret"] = identity => Hmac(identity),
        ["RS256"] = identity => identity.Sign(key: new RsaSecurityKey(RSA.Create(2048)) { KeyId = "key-1" }, algorithm: SecurityAlgorithms.RsaSha256),
        ["ES384"] = identity => identity.Sign(key: new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP384)) { KeyId = "key-1" }, algorithm: SecurityAlgorithms.EcdsaSha384),
        ["another audience"] = identity => identity.Sign(token => token.Audience = "another-api"),
        ["no audience"] = identity => identity.Sign(token => token.Audience = null),
        ["another issuer"] = identity => identity.Sign(token => token.Issuer = "evil"),
        ["no issuer"] = identity => identity.Sign(token => token.Issuer = null),
        ["expired"] = identity => identity.Sign(token => (token.NotBefore, token.Expires) = (token.NotBefore!.Value.AddMinutes(-20), token.NotBefore.Value.AddSeconds(-15))),
        ["not valid yet"] = identity => identity.Sign(token => token.NotBefore = token.NotBefore!.Value.AddMinutes(2)),
        ["without an end"] = identity => identity.Sign(token => token.Expires = null),
        ["changed claims"] = identity =>
        {
            var parts = identity.Sign().Split('.');
            return $"{parts[0]}.{identity.Sign(token => token.Claims[Tokens.Claims.Workspace] = Guid.NewGuid()).Split('.')[1]}.{parts[2]}";
        },
        ["an embedded key (jwk header)"] = identity => Embedded(identity),
        ["no subject"] = identity => identity.Sign(token => token.Claims.Remove(Tokens.Claims.Subject)),
        ["no workspace"] = identity => identity.Sign(token => token.Claims.Remove(Tokens.Claims.Workspace)),
        ["a subject that is no id"] = identity => identity.Sign(token => token.Claims[Tokens.Claims.Subject] = "root"),
        ["two workspaces"] = identity => identity.Sign(token => token.Claims[Tokens.Claims.Workspace] = new[] { Guid.NewGuid().ToString(), Guid.NewGuid().ToString() }),
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forged_token_is_401(string forgery)
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);

        foreach (var address in new[] { "/read", "/fallback" })
        {
            using var response = await GetAsync(service, address, Forged[forgery](identity));

            await response.ShouldBeProblemAsync(401, "unauthorized");
            response.Headers.WwwAuthenticate.ShouldAllBe(challenge => challenge.Scheme == "Bearer");
        }

        (await GetAsync(service, "/open", Forged[forgery](identity))).StatusCode.ShouldBe(HttpStatusCode.OK, "anonymous endpoints remain accessible");
    }

    [Fact]
    public async Task A_scope_that_the_token_lacks_is_403()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);

        foreach (var scope in new[] { "links:write", "", "links:reader", "LINKS:READ", "links" })
        {
            using var response = await GetAsync(service, "/read", identity.Sign(token => token.Claims[Tokens.Claims.Scope] = scope));
            await response.ShouldBeProblemAsync(403, "forbidden");
        }

        using var none = await GetAsync(service, "/read", identity.Sign(token => token.Claims.Remove(Tokens.Claims.Scope)));
        await none.ShouldBeProblemAsync(403, "forbidden");
    }

    [Fact]
    public async Task While_identity_was_never_reached_it_is_503_and_after_that_it_works()
    {
        await using var identity = IdentityStandIn.Down();
        await using var service = await StartAsync(identity);

        using (var response = await GetAsync(service, "/read", identity.Sign()))
        {
            await response.ShouldBeProblemAsync(503, "unavailable");
            response.Headers.RetryAfter.ShouldNotBeNull();
        }

        using (var open = await GetAsync(service, "/open", ""))
        {
            open.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await identity.UpAsync();
        await Wait.HoldsAsync(async () => (await GetAsync(service, "/read", identity.Sign())).StatusCode == HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(200, "<html>not keys</html>")]
    [InlineData(200, """{"keys":5}""")]
    public async Task While_the_response_of_identity_is_invalid_it_is_503_not_401(int status, string body)
    {
        await using var identity = await IdentityStandIn.StartAsync();
        identity.Instead = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        };
        await using var service = await StartAsync(identity);

        using (var response = await GetAsync(service, "/read", identity.Sign()))
        {
            await response.ShouldBeProblemAsync(503, "unavailable");
        }

        identity.Instead = null;
        await Wait.HoldsAsync(async () => (await GetAsync(service, "/read", identity.Sign())).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task While_identity_is_down_later_the_known_keys_still_work()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);
        (await GetAsync(service, "/read", identity.Sign())).StatusCode.ShouldBe(HttpStatusCode.OK);

        await identity.GoDownAsync();

        (await GetAsync(service, "/read", identity.Sign())).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var unknown = await GetAsync(service, "/read", identity.Sign(key: IdentityStandIn.NewKey("new")));
        unknown.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await GetAsync(service, "/read", identity.Sign())).StatusCode.ShouldBe(HttpStatusCode.OK, "a token with an unknown key has no effect on others");
    }

    [Fact]
    public async Task A_rotated_key_is_accepted_from_its_first_token_on_and_the_old_one_while_it_is_published()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);
        var old = identity.Published[0];
        (await GetAsync(service, "/read", identity.Sign())).StatusCode.ShouldBe(HttpStatusCode.OK);

        identity.Published.Add(IdentityStandIn.NewKey("key-2"));

        var first = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => GetAsync(service, "/read", identity.Sign())));
        first.ShouldAllBe(response => response.StatusCode == HttpStatusCode.OK);
        (await GetAsync(service, "/read", identity.Sign(key: old))).StatusCode.ShouldBe(HttpStatusCode.OK);
        identity.Sign().ShouldNotBe(identity.Sign(key: old));
    }

    [Fact]
    public async Task A_flood_of_unknown_keys_does_not_flood_identity()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);
        (await GetAsync(service, "/read", identity.Sign())).StatusCode.ShouldBe(HttpStatusCode.OK);
        var forged = identity.Sign(key: IdentityStandIn.NewKey("x"));

        for (var i = 0; i < 100; i++)
        {
            using var response = await GetAsync(service, "/read", forged);
        }

        identity.Asked.ShouldBeLessThan(15);
    }

    private static Task<TestedService> StartAsync(IdentityStandIn identity) => TestedService.StartAsync(
        app =>
        {
            app.MapGet("/read", (CurrentUser user, CurrentWorkspace workspace) =>
            {
                workspace.Id.ShouldBe(user.WorkspaceId);
                return user;
            }).RequireAuthorization(Permissions.LinksRead);
            app.MapGet("/fallback", (CurrentUser user) => user);
            app.MapGet("/open", () => "open").AllowAnonymous();
        },
        settings: [identity.Setting, ("Http:Resilience:BaseDelay", "00:00:00.010")]);

    internal static async Task<HttpResponseMessage> GetAsync(TestedService service, string address, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (token.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await service.Client.SendAsync(request);
    }

    private static string Base64Url(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// The classic attack: a verifier that takes the algorithm from the token verifies an HMAC with the public key, which is no secret.
    /// </summary>
    private static string Hmac(IdentityStandIn identity)
    {
        var text = $"{Base64Url("""{"alg":"HS256","typ":"JWT","kid":"key-1"}""")}.{identity.Sign().Split('.')[1]}";
        var secret = identity.Published[0].ECDsa.ExportSubjectPublicKeyInfo();
        return $"{text}.{System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Embedded(IdentityStandIn identity)
    {
        var key = IdentityStandIn.NewKey("mine");
        var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(key);
        var header = $$$"""{"alg":"ES256","typ":"JWT","jwk":{"kty":"EC","crv":"P-256","x":"{{{jwk.X}}}","y":"{{{jwk.Y}}}"}}""";
        var text = $"{Base64Url(header)}.{identity.Sign().Split('.')[1]}";
        return $"{text}.{System.Buffers.Text.Base64Url.EncodeToString(key.ECDsa.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256))}";
    }
}
