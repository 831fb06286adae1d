using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>Attacks by a hostile provider, or by someone between it and identity.</summary>
[Collection(nameof(SsoFixture))]
public sealed class SsoAttackTests(SsoFixture fixture, IdentityApplication identity)
{
    public static TheoryData<string> Lies => [.. Tokens.Keys];

    /// <summary>Manipulations of an otherwise valid token.</summary>
    private static Dictionary<string, Func<HostileProvider, JsonObject, string>> Tokens { get; } = new()
    {
        ["alg none"] = (_, claims) => HostileProvider.Sign(claims, "none", "first", _ => []),
        ["alg None in capitals"] = (_, claims) => HostileProvider.Sign(claims, "NONE", "first", _ => []),
        ["no signature"] = (liar, claims) => liar.Sign(claims)[..(liar.Sign(claims).LastIndexOf('.') + 1)],
        ["HS256 with the public key (PEM)"] = (liar, claims) =>
            HostileProvider.Sign(claims, "HS256", "first", data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(liar.Key.ExportSubjectPublicKeyInfoPem()), data)),
        ["HS256 with the public key (modulus)"] = (liar, claims) =>
            HostileProvider.Sign(claims, "HS256", "first", data => HMACSHA256.HashData(liar.Key.ExportParameters(false).Modulus!, data)),
        ["HS256 with the client's secret"] = (_, claims) => HostileProvider.Sign(claims, "HS256", "first", data => HMACSHA256.HashData("s"u8.ToArray(), data)),
        ["another key under the same kid"] = (_, claims) =>
        {
            using var other = RSA.Create(2048);
            return HostileProvider.Sign(claims, "RS256", "first", data => other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        },
        ["another key under a kid of its own"] = (_, claims) =>
        {
            using var other = RSA.Create(2048);
            return HostileProvider.Sign(claims, "RS256", "other", data => other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        },
        ["claims changed after signing"] = (liar, claims) =>
        {
            var parts = liar.Sign(claims).Split('.');
            claims["sub"] = "somebody else";
            return $"{parts[0]}.{liar.Sign(claims).Split('.')[1]}.{parts[2]}";
        },
        ["another audience"] = With("aud", "somebody else"),
        ["no audience"] = With("aud", null),
        ["several audiences without azp"] = With("aud", new JsonArray(SsoFixture.ClientId, "somebody else")),
        ["another azp"] = With("azp", "somebody else"),
        ["another issuer"] = With("iss", "https://accounts.example"),
        ["the issuer with a slash more"] = (liar, claims) => { claims["iss"] = liar.Issuer + "/"; return liar.Sign(claims); },
        ["no issuer"] = With("iss", null),
        ["expired"] = With("exp", -120),
        ["no expiry"] = With("exp", null),
        ["not yet valid"] = With("nbf", 600),
        ["issued long ago"] = With("iat", -3600),
        ["issued in the future"] = With("iat", 600),
        ["no iat"] = With("iat", null),
        ["an iat that is text"] = With("iat", "now"),
        ["another at_hash"] = With("at_hash", WebEncoders.Base64UrlEncode(SHA256.HashData("another"u8)[..16])),
        ["an at_hash that is no text"] = With("at_hash", new JsonObject { ["a"] = 1 }),
        ["another nonce"] = With("nonce", "another"),
        ["a nonce that is no text"] = With("nonce", new JsonArray("a")),
        ["no nonce"] = With("nonce", null),
        ["no subject"] = With("sub", null),
        ["an empty subject"] = With("sub", ""),
        ["an endless subject"] = With("sub", new string('s', 256)),
        ["a subject that is no text"] = With("sub", new JsonObject { ["a"] = 1 }),
        ["a subject with NUL"] = With("sub", "some\0body"),
        ["a subject that is a number"] = (liar, claims) => { claims["sub"] = 7; return liar.Sign(claims); },
        ["too large"] = With("filler", new string('x', 70_000)),
        ["no token"] = (_, _) => "not.a.token",
        ["two parts"] = (_, _) => "a.b",
        ["empty"] = (_, _) => "",
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task An_invalid_token_gives_no_access(string lie)
    {
        var email = Account.NewEmail();
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync("liar");
        var code = fixture.Liar.Agree(
            request, claims => (claims["email"], claims["email_verified"]) = (email, true), claims => Tokens[lie](fixture.Liar, claims));
        using var response = await visitor.FinishAsync(request, code);
        var body = await response.Content.ReadAsStringAsync();
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
        body.ShouldContain("\"reason\":\"token\"");
        (await identity.QueryAsync<int>("select count(*)::int from users where email = @email", new { email })).ShouldBe(0);
    }

    [Fact]
    public async Task The_same_provider_is_accepted_with_valid_tokens()
    {
        using var response = await SignInAsync(Account.NewEmail(), claims =>
        {
            claims["aud"] = new JsonArray(SsoFixture.ClientId, "somebody else");
            claims["azp"] = SsoFixture.ClientId;
            claims["at_hash"] = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(HostileProvider.AccessToken))[..16]);
            claims["email_verified"] = "true";
            // PostgreSQL can't store it.
            claims["name"] = "Ada\0";
        });
        await response.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("id_token")]
    public async Task A_token_response_without_one_of_the_tokens_gives_no_access(string missing)
    {
        await using var team = await fixture.NewTeamAsync();
        team.Provider.ChangeTokenResponse = tokens => tokens.Remove(missing);
        using var response = await team.TrySignInAsync(team.NewEmail());
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"token\"");
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
    }

    [Fact]
    public async Task A_multi_tenant_provider_is_accepted_for_the_tenant_whose_key_signs()
    {
        await using var liar = await HostileProvider.StartAsync();
        await using var host = fixture.Start(
            ("Sso:common:Authority", liar.Issuer + "/common"), ("Sso:common:ClientId", SsoFixture.ClientId),
            ("Sso:one:Authority", liar.Issuer + "/one"), ("Sso:one:ClientId", SsoFixture.ClientId));
        string IssuerOf(string tenant) => $"{liar.Issuer}/{tenant}/v2.0";
        liar.ChangeMetadata = json => json["issuer"] = IssuerOf("{tenantid}");
        liar.ChangeKey = key => key["issuer"] = IssuerOf("{tenantid}");
        liar.Prefix = "/common";
        var (ours, other) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        await ShouldBeAsync("common", ours, ours, HttpStatusCode.OK);
        await ShouldBeAsync("common", ours, other, HttpStatusCode.Unauthorized);
        await ShouldBeAsync("common", ours, null, HttpStatusCode.Unauthorized);
        await ShouldBeAsync("common", "evil", "evil", HttpStatusCode.Unauthorized);
        await ShouldBeAsync("common", "{tenantid}", ours, HttpStatusCode.Unauthorized);

        // Its key belongs to one tenant, like that of Microsoft's consumer accounts.
        liar.ChangeKey = key => key["issuer"] = IssuerOf(other);
        liar.Prefix = "/one";
        await ShouldBeAsync("one", ours, ours, HttpStatusCode.Unauthorized);
        await ShouldBeAsync("one", other, other, HttpStatusCode.OK);

        async Task ShouldBeAsync(string provider, string issuer, string? tenant, HttpStatusCode expected)
        {
            using var response = await SignInAsync(host, liar, provider, null, claims =>
            {
                (claims["email"], claims["email_verified"], claims["iss"]) = (Account.NewEmail(), true, IssuerOf(issuer));
                if (tenant is not null)
                {
                    claims["tid"] = tenant;
                }
            });
            response.StatusCode.ShouldBe(expected, $"{issuer} {tenant} by {provider}");
        }
    }

    [Fact]
    public async Task Rotated_keys_are_fetched_and_the_old_ones_no_longer_accepted()
    {
        await using var liar = await HostileProvider.StartAsync();
        await using var host = fixture.Start(("Sso:rotates:Authority", liar.Issuer), ("Sso:rotates:ClientId", SsoFixture.ClientId));
        (await SignInAsync(host, liar, "rotates")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var old = liar.Key;
        (liar.Key, liar.Kid) = (RSA.Create(2048), "second");
        (await SignInAsync(host, liar, "rotates")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SignInAsync(host, liar, "rotates", claims => HostileProvider.Sign(claims, "RS256", "first", data => old.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))))
            .StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Unknown_keys_cause_requests_to_the_provider_at_a_limited_rate()
    {
        await using var liar = await HostileProvider.StartAsync();
        await using var host = fixture.Start(
            ("Sso:noisy:Authority", liar.Issuer), ("Sso:noisy:ClientId", SsoFixture.ClientId), ("Identity:Sso:KeyRefreshInterval", "00:10:00"));
        using var stranger = RSA.Create(2048);
        for (var i = 0; i < 5; i++)
        {
            var kid = "unknown-" + i;
            using var refused = await SignInAsync(
                host, liar, "noisy", claims => HostileProvider.Sign(claims, "RS256", kid, data => stranger.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        liar.Requests.Count(request => request.Path == "/keys").ShouldBe(2, "when it began, and for the first unknown key");
    }

    [Fact]
    public async Task A_state_works_once_in_its_own_browser_for_its_own_provider_until_it_expires()
    {
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync("liar");
        var email = Account.NewEmail();
        string Code() => fixture.Liar.Agree(request, claims => (claims["email"], claims["email_verified"]) = (email, true));
        await RefusedAsync(await fixture.Visit().FinishAsync(request, Code()));
        await RefusedAsync(await visitor.FinishAsync(request, Code(), state: SsoVisitor.NewSecret()));
        await RefusedAsync(await visitor.FinishAsync(request, Code(), state: "short"));
        // Mix-up attack: a response to this sign-in at another provider's redirect URI.
        await RefusedAsync(await visitor.PostAsync(new { provider = "peer", state = request.State, code = Code(), browserKey = visitor.BrowserKey }));
        // One of two concurrent requests wins.
        var both = await Task.WhenAll(visitor.FinishAsync(request, Code()), visitor.FinishAsync(request, Code()));
        both.Select(each => each.StatusCode).Order().ShouldBe([HttpStatusCode.OK, HttpStatusCode.Unauthorized]);
        await RefusedAsync(await visitor.FinishAsync(request, Code()));

        var late = await visitor.StartAsync("liar");
        await identity.ExecuteAsync("update sso_attempts set expires_at = now() - interval '1 second' where return_url is null and provider = 'liar'");
        await RefusedAsync(await visitor.FinishAsync(late, fixture.Liar.Agree(late)));

        static async Task RefusedAsync(HttpResponseMessage response)
        {
            using (response)
            {
                (await response.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"state\"");
                await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
            }
        }
    }

    [Fact]
    public async Task Neither_state_nor_verifier_nor_nonce_is_stored_in_the_clear()
    {
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync("liar", "/app/here");
        var row = await identity.QueryAsync<string>("select string_agg(a::text || encode(secrets, 'escape'), ' ') from sso_attempts a");
        row.ShouldNotContain(request.State);
        row.ShouldNotContain(request.Nonce);
        row.ShouldNotContain(visitor.BrowserKey);
    }

    [Fact]
    public async Task A_code_works_once_and_only_with_the_verifier_of_its_own_sign_in()
    {
        var visitor = fixture.Visit();
        var first = await visitor.StartAsync("liar");
        var code = fixture.Liar.Agree(first, claims => (claims["email"], claims["email_verified"]) = (Account.NewEmail(), true));
        using var accepted = await visitor.FinishAsync(first, code);
        await accepted.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        var second = await visitor.StartAsync("liar");
        using var replayed = await visitor.FinishAsync(second, code);
        (await replayed.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"code\"");

        // Code injection: a stolen code in the attacker's own sign-in.
        var victim = await fixture.Visit().StartAsync("liar");
        var caught = fixture.Liar.Agree(victim, claims => (claims["email"], claims["email_verified"]) = (Account.NewEmail(), true));
        var own = await visitor.StartAsync("liar");
        using var injected = await visitor.FinishAsync(own, caught);
        (await injected.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"code\"");
        await injected.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
    }

    [Fact]
    public async Task The_response_must_come_from_the_requested_provider()
    {
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync("liar");
        using var other = await visitor.FinishAsync(request, fixture.Liar.Agree(request), iss: fixture.Peer.Issuer);
        (await other.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"issuer\"");

        // The provider's metadata promise iss, so a response without it isn't from this provider.
        var peers = await visitor.StartAsync("peer");
        var query = QueryHelpers.ParseQuery(
            (await fixture.Peer.SignInAsync(peers.Url, Account.NewEmail(), new Uri(peers.RedirectUri))).Query);
        using var silent = await visitor.FinishAsync(peers, query["code"]!);
        (await silent.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"issuer\"");
    }

    [Fact]
    public async Task An_address_that_the_provider_did_not_verify_neither_opens_nor_creates_an_account()
    {
        var account = await fixture.RegisterVerifiedAsync();
        foreach (var verified in new JsonNode?[] { false, null, "false", 0 })
        {
            foreach (var email in new[] { account.Email, Account.NewEmail() })
            {
                using var response = await SignInAsync(email, claims => claims["email_verified"] = verified?.DeepClone());
                (await response.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"emailNotVerified\"");
                await response.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-not-allowed");
            }
        }
    }

    [Fact]
    public async Task An_account_with_an_unverified_address_is_never_linked()
    {
        // An attacker signs up with the victim's address, and waits.
        var account = await fixture.RegisterAsync(Account.NewEmail());
        using var attacker = await account.SignedInAsync();
        using var link = await attacker.PostAsJsonAsync("/api/v1/me/sso/liar/link", new { browserKey = SsoVisitor.NewSecret() });
        await link.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "email-not-verified");
        using var victim = await SignInAsync(account.Email);
        await victim.ShouldBeProblemAsync(HttpStatusCode.Conflict, "sso-account-exists");
        (await identity.QueryAsync<int>("select count(*)::int from sso_identities where user_id = @Id", new { account.Id })).ShouldBe(0);

        // The password reset email goes to the victim, who is the account's only owner afterwards.
        using var anonymous = fixture.Host.CreateClient();
        (await anonymous.PostAsJsonAsync("/api/v1/auth/password/forgot", new { email = account.Email })).EnsureSuccessStatusCode();
        using var reset = await anonymous.PostAsJsonAsync(
            "/api/v1/auth/password/reset", new { token = await identity.ResetAsync(account.Id), password = "Another-Horse-8-Battery" });
        reset.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var signedIn = await SignInAsync(account.Email);
        await signedIn.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        await Eventually.PassesAsync(async () => (await attacker.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task An_account_with_a_second_factor_can_only_be_connected_by_its_owner()
    {
        var account = await fixture.RegisterVerifiedAsync();
        await EnrolAsync(account);
        using var response = await SignInAsync(account.Email);
        await response.ShouldBeProblemAsync(HttpStatusCode.Conflict, "sso-account-exists");
    }

    [Fact]
    public async Task A_connection_is_completed_by_the_user_who_started_it_and_not_for_another_users_subject()
    {
        var subject = Guid.NewGuid().ToString();
        using var taken = await SignInAsync(Account.NewEmail(), claims => claims["sub"] = subject);
        await taken.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        var account = await fixture.RegisterVerifiedAsync();
        var token = (await account.LogInAsync()).AccessToken;
        var another = (await (await fixture.RegisterVerifiedAsync()).LogInAsync()).AccessToken;
        foreach (var (who, status) in new (string?, HttpStatusCode)[] { (null, HttpStatusCode.Unauthorized), (another, HttpStatusCode.Unauthorized), (token, HttpStatusCode.Conflict) })
        {
            using var response = await ConnectAsync(token, subject, who);
            response.StatusCode.ShouldBe(status);
        }

        (await identity.QueryAsync<int>("select count(*)::int from sso_identities where user_id = @Id", new { account.Id })).ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_waits_for_no_other_account()
    {
        var subject = Guid.NewGuid().ToString();
        var email = Account.NewEmail();
        using var taken = await SignInAsync(email, claims => claims["sub"] = subject);
        await taken.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        var token = (await (await fixture.RegisterVerifiedAsync()).LogInAsync()).AccessToken;
        // As the other user's own connection does at the same time: two that waited for each other would deadlock.
        await using var connection = await identity.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locked = new NpgsqlCommand("select id from users where normalized_email = $1 for no key update", connection)
        {
            Parameters = { new() { Value = email } },
        };
        (await locked.ExecuteScalarAsync()).ShouldNotBeNull();

        using var response = await ConnectAsync(token, subject, token).WaitAsync(TimeSpan.FromSeconds(30));

        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_workspaces_own_client_at_the_same_issuer_opens_no_other_users_account()
    {
        // The installation has users at the issuer, and an attacker's workspace registers its own client there.
        var subject = Guid.NewGuid().ToString();
        var email = Account.NewEmail();
        using var victim = await SignInAsync(email, claims => claims["sub"] = subject);
        await victim.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        await using var team = await fixture.NewTeamAsync();
        using var configured = await team.TryConfigureAsync(new { issuer = fixture.Liar.Issuer });
        await configured.ShouldBeAsync<SsoBody>(HttpStatusCode.OK);
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync(team.Key);
        using var response = await visitor.FinishAsync(request, fixture.Liar.Agree(request, claims =>
            (claims["sub"], claims["email"], claims["email_verified"]) = (subject, email, true)));
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"domainNotProven\"");
        await response.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-not-allowed");
    }

    [Fact]
    public async Task A_workspaces_provider_is_only_requested_over_https_and_at_public_addresses()
    {
        // Without the development setting.
        using var team = await Team.CreateAsync(identity);
        await using var internalSite = await HostileProvider.StartAsync();
        var port = new Uri(internalSite.Issuer).Port;
        foreach (var issuer in new[]
        {
            internalSite.Issuer, "http://example.com", "ftp://example.com", "https://user:pass@example.com", "https://example.com?x=1", "https://example.com#x",
            "not an address", "", $"https://127.0.0.1:{port}", $"https://localhost:{port}", $"https://[::1]:{port}", $"https://[::ffff:127.0.0.1]:{port}",
            $"https://2130706433:{port}", "https://169.254.169.254", "https://10.0.0.1", "https://192.168.0.1", "https://[fd00::1]", $"https://0.0.0.0:{port}",
        })
        {
            using var response = await team.OwnerClient.PutAsJsonAsync($"{team.Path}/sso", new { issuer, clientId = "c" });
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "issuer");
        }

        internalSite.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Invalid_metadata_is_refused_by_the_configuration()
    {
        await using var team = await fixture.NewTeamAsync();
        await using var wrong = await HostileProvider.StartAsync();
        foreach (var change in new Action<JsonObject>[]
        {
            json => json["issuer"] = team.Provider.Issuer,
            json => json["issuer"] = wrong.Issuer + "/{tenantid}",
            json => json.Remove("issuer"),
            json => json.Remove("token_endpoint"),
            json => json["authorization_endpoint"] = "javascript:alert(1)",
            json => json["token_endpoint"] = "file:///etc/passwd",
            json => json["jwks_uri"] = wrong.Issuer + "/nothing-here",
            json => json["filler"] = new string('x', 300_000),
        })
        {
            wrong.ChangeMetadata = change;
            using var response = await TryAsync();
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "issuer");
        }

        wrong.ChangeMetadata = null;
        foreach (var (path, body) in new[]
        {
            ("/.well-known/openid-configuration", "not json"), ("/.well-known/openid-configuration", "[1]"), ("/.well-known/openid-configuration", new string('[', 100_000)),
            ("/keys", "{}"), ("/keys", """{"keys":[]}"""), ("/keys", """{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"""), ("/keys", "not json"),
        })
        {
            wrong.Instead = async (at, context) =>
            {
                if (at != path)
                {
                    return false;
                }

                await context.Response.WriteAsync(body);
                return true;
            };
            using var response = await TryAsync();
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "issuer");
        }

        // A redirect into the network isn't followed.
        wrong.Instead = (_, context) =>
        {
            context.Response.Redirect(team.Provider.Issuer + "/.well-known/openid-configuration");
            return Task.FromResult(true);
        };
        using var redirected = await TryAsync();
        await redirected.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "issuer");

        async Task<HttpResponseMessage> TryAsync()
        {
            // A failure is cached, so each case uses another name for the same provider.
            var name = string.Create(CultureInfo.InvariantCulture, $"{wrong.Issuer}/t{Interlocked.Increment(ref _names)}");
            wrong.Prefix = new Uri(name).AbsolutePath;
            return await team.TryConfigureAsync(new { issuer = name });
        }
    }

    private static int _names;

    [Fact]
    public async Task A_slow_or_unreachable_provider_is_a_clear_problem_and_passwords_still_work()
    {
        await using var liar = await HostileProvider.StartAsync();
        await using var host = fixture.Start(
            ("Sso:down:Authority", liar.Issuer), ("Sso:down:ClientId", SsoFixture.ClientId));
        await using var impatient = fixture.Start(
            ("Sso:down:Authority", liar.Issuer), ("Sso:down:ClientId", SsoFixture.ClientId), ("Identity:Sso:ProviderTimeout", "00:00:00.5"));
        using var release = new CancellationTokenSource();
        var visitor = fixture.Visit(host);
        // Only the missing response should time out, so the host with the short timeout has read the metadata before.
        await Eventually.PassesAsync(() => fixture.Visit(impatient).StartAsync("down"));
        var request = await visitor.StartAsync("down");
        foreach (var (asked, what) in new (ServiceFactory<Program>, Func<HttpContext, Task>)[]
        {
            (impatient, context => Task.Delay(Timeout.Infinite, CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, release.Token).Token)),
            (host, context =>
            {
                context.Abort();
                return Task.CompletedTask;
            }),
            (host, context =>
            {
                context.Response.StatusCode = 502;
                return Task.CompletedTask;
            }),
        })
        {
            liar.Instead = async (path, context) =>
            {
                if (path == "/token")
                {
                    await what(context);
                    return true;
                }

                return false;
            };
            using var response = await new SsoVisitor(asked) { BrowserKey = visitor.BrowserKey }.FinishAsync(request, liar.Agree(request));
            await response.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "sso-unavailable");
            request = await visitor.StartAsync("down");
        }

        // An endless response is cut off.
        liar.Instead = async (path, context) =>
        {
            if (path != "/token")
            {
                return false;
            }

            var block = new byte[64 * 1024];
            for (var i = 0; i < 1000 && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
            }

            return true;
        };
        using var endless = await visitor.FinishAsync(request, liar.Agree(request));
        await endless.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");

        await liar.DisposeAsync();
        // Cached metadata remains valid for a while; a replica without it reports the outage.
        await using var replica = fixture.Start(("Sso:down:Authority", liar.Issuer), ("Sso:down:ClientId", SsoFixture.ClientId));
        using var gone = await fixture.Visit(replica).TryStartAsync(new { provider = "down", browserKey = visitor.BrowserKey });
        await gone.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "sso-unavailable");
        var account = await Account.RegisterAsync(replica);
        await account.LogInAsync();
        await release.CancelAsync();
    }

    [Fact]
    public async Task A_fresh_sign_in_requires_a_recent_authentication_at_the_provider()
    {
        var visitor = fixture.Visit();
        foreach (var (age, status) in new[] { (3600, HttpStatusCode.Unauthorized), (10, HttpStatusCode.OK) })
        {
            using var started = await visitor.TryStartAsync(new { provider = "liar", browserKey = visitor.BrowserKey, fresh = true });
            var request = new AuthorizationRequest((await started.ShouldBeAsync<SsoVisitor.Started>(HttpStatusCode.OK)).AuthorizationUrl);
            request["prompt"].ShouldBe("login");
            request["max_age"].ShouldBe("0");
            var code = fixture.Liar.Agree(request, claims =>
                (claims["email"], claims["email_verified"], claims["auth_time"]) = (Account.NewEmail(), true, claims["iat"]!.GetValue<long>() - age));
            using var response = await visitor.FinishAsync(request, code);
            response.StatusCode.ShouldBe(status);
        }
    }

    [Fact]
    public async Task A_session_is_as_old_as_the_proof_at_the_provider()
    {
        using var response = await SignInAsync(Account.NewEmail(), claims => claims["auth_time"] = claims["iat"]!.GetValue<long>() - 7200);
        var tokens = await response.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        using var client = fixture.Host.CreateClient(tokens.AccessToken!);
        using var link = await client.PostAsJsonAsync("/api/v1/me/sso/peer/link", new { browserKey = SsoVisitor.NewSecret() });
        await link.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
    }

    /// <summary>Connects the subject to the account that <paramref name="starter"/> belongs to.</summary>
    /// <param name="finisher">The token with which the browser returns; null for none.</param>
    private async Task<HttpResponseMessage> ConnectAsync(string starter, string subject, string? finisher)
    {
        var visitor = fixture.Visit();
        using var client = fixture.Host.CreateClient(starter);
        using var start = await client.PostAsJsonAsync("/api/v1/me/sso/liar/link", new { browserKey = visitor.BrowserKey });
        var request = new AuthorizationRequest((await start.ShouldBeAsync<SsoVisitor.Started>(HttpStatusCode.OK)).AuthorizationUrl);
        return await visitor.FinishAsync(request, fixture.Liar.Agree(request, claims => claims["sub"] = subject), token: finisher);
    }

    private Task<HttpResponseMessage> SignInAsync(string email, Action<JsonObject>? change = null) =>
        SignInAsync(fixture.Host, fixture.Liar, "liar", null, claims =>
        {
            (claims["email"], claims["email_verified"]) = (email, true);
            change?.Invoke(claims);
        });

    private static async Task<HttpResponseMessage> SignInAsync(
        ServiceFactory<Program> host, HostileProvider liar, string provider, Func<JsonObject, string>? sign = null, Action<JsonObject>? change = null)
    {
        var visitor = new SsoVisitor(host);
        var request = await visitor.StartAsync(provider);
        var code = liar.Agree(request, change ?? (claims => (claims["email"], claims["email_verified"]) = (Account.NewEmail(), true)), sign);
        return await visitor.FinishAsync(request, code);
    }

    private static async Task EnrolAsync(Account account)
    {
        using var client = await account.SignedInAsync();
        await client.EnableAppAsync();
    }

    private static Func<HostileProvider, JsonObject, string> With(string claim, JsonNode? value) => (liar, claims) =>
    {
        // Times are relative, in seconds.
        claims[claim] = value?.GetValueKind() == System.Text.Json.JsonValueKind.Number
            ? TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + value.GetValue<int>()
            : value?.DeepClone();
        if (value is null)
        {
            claims.Remove(claim);
        }

        return liar.Sign(claims);
    };
}
