using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>A provider, or somebody between, who lies.</summary>
[Collection(nameof(SsoStand))]
public sealed class SsoAttackTests(SsoStand stand, IdentityApplication identity)
{
    public static TheoryData<string> Lies => [.. Tokens.Keys];

    /// <summary>What is done to a token that would be right otherwise.</summary>
    private static Dictionary<string, Func<LyingProvider, JsonObject, string>> Tokens { get; } = new()
    {
        ["alg none"] = (_, claims) => LyingProvider.Sign(claims, "none", "first", _ => []),
        ["alg None in capitals"] = (_, claims) => LyingProvider.Sign(claims, "NONE", "first", _ => []),
        ["no signature"] = (liar, claims) => liar.Sign(claims)[..(liar.Sign(claims).LastIndexOf('.') + 1)],
        ["HS256 with the public key (PEM)"] = (liar, claims) =>
            LyingProvider.Sign(claims, "HS256", "first", data => HMACSHA256.HashData(Encoding.ASCII.GetBytes(liar.Key.ExportSubjectPublicKeyInfoPem()), data)),
        ["HS256 with the public key (modulus)"] = (liar, claims) =>
            LyingProvider.Sign(claims, "HS256", "first", data => HMACSHA256.HashData(liar.Key.ExportParameters(false).Modulus!, data)),
        ["HS256 with the client's secret"] = (_, claims) => LyingProvider.Sign(claims, "HS256", "first", data => HMACSHA256.HashData("s"u8.ToArray(), data)),
        ["another key under the same kid"] = (_, claims) =>
        {
            using var other = RSA.Create(2048);
            return LyingProvider.Sign(claims, "RS256", "first", data => other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        },
        ["another key under a kid of its own"] = (_, claims) =>
        {
            using var other = RSA.Create(2048);
            return LyingProvider.Sign(claims, "RS256", "other", data => other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        },
        ["claims changed after signing"] = (liar, claims) =>
        {
            var parts = liar.Sign(claims).Split('.');
            claims["sub"] = "somebody else";
            return $"{parts[0]}.{liar.Sign(claims).Split('.')[1]}.{parts[2]}";
        },
        ["another audience"] = With("aud", "somebody else"),
        ["no audience"] = With("aud", null),
        ["several audiences without azp"] = With("aud", new JsonArray(SsoStand.ClientId, "somebody else")),
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
    public async Task A_token_that_is_not_what_it_must_be_opens_nothing(string lie)
    {
        var email = Account.NewEmail();
        var visitor = stand.Visit();
        var request = await visitor.StartAsync("liar");
        var code = stand.Liar.Agree(
            request, claims => (claims["email"], claims["email_verified"]) = (email, true), claims => Tokens[lie](stand.Liar, claims));
        using var response = await visitor.FinishAsync(request, code);
        var body = await response.Content.ReadAsStringAsync();
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
        body.ShouldContain("\"reason\":\"token\"");
        (await identity.QueryAsync<int>("select count(*)::int from users where email = @email", new { email })).ShouldBe(0);
    }

    [Fact]
    public async Task The_same_provider_is_believed_when_it_tells_the_truth()
    {
        using var response = await SignInAsync(Account.NewEmail(), claims =>
        {
            claims["aud"] = new JsonArray(SsoStand.ClientId, "somebody else");
            claims["azp"] = SsoStand.ClientId;
            claims["at_hash"] = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(LyingProvider.AccessToken))[..16]);
            claims["email_verified"] = "true";
            // Nothing that PostgreSQL could store.
            claims["name"] = "Ada\0";
        });
        await response.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("id_token")]
    public async Task A_token_response_without_one_of_the_tokens_opens_nothing(string missing)
    {
        await using var team = await stand.NewTeamAsync();
        team.Provider.ChangeTokenResponse = tokens => tokens.Remove(missing);
        using var response = await team.TrySignInAsync(team.NewEmail());
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"token\"");
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
    }

    [Fact]
    public async Task A_provider_for_all_tenants_is_believed_about_the_tenant_whose_key_signs()
    {
        await using var liar = await LyingProvider.StartAsync();
        await using var host = stand.Start(
            ("Sso:common:Authority", liar.Issuer + "/common"), ("Sso:common:ClientId", SsoStand.ClientId),
            ("Sso:one:Authority", liar.Issuer + "/one"), ("Sso:one:ClientId", SsoStand.ClientId));
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

        // Its key belongs to one tenant, as that of Microsoft's consumers does.
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
    public async Task Keys_that_were_rotated_are_fetched_and_the_old_ones_believed_no_longer()
    {
        await using var liar = await LyingProvider.StartAsync();
        await using var host = stand.Start(("Sso:rotates:Authority", liar.Issuer), ("Sso:rotates:ClientId", SsoStand.ClientId));
        (await SignInAsync(host, liar, "rotates")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var old = liar.Key;
        (liar.Key, liar.Kid) = (RSA.Create(2048), "second");
        (await SignInAsync(host, liar, "rotates")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SignInAsync(host, liar, "rotates", claims => LyingProvider.Sign(claims, "RS256", "first", data => old.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))))
            .StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Unknown_keys_make_us_ask_the_provider_once_in_a_while_only()
    {
        await using var liar = await LyingProvider.StartAsync();
        await using var host = stand.Start(
            ("Sso:noisy:Authority", liar.Issuer), ("Sso:noisy:ClientId", SsoStand.ClientId), ("Identity:Sso:KeyRefreshInterval", "00:10:00"));
        using var stranger = RSA.Create(2048);
        for (var i = 0; i < 5; i++)
        {
            var kid = "unknown-" + i;
            using var refused = await SignInAsync(
                host, liar, "noisy", claims => LyingProvider.Sign(claims, "RS256", kid, data => stranger.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        liar.Requests.Count(request => request.Path == "/keys").ShouldBe(2, "when it began, and for the first unknown key");
    }

    [Fact]
    public async Task A_state_works_once_in_its_own_browser_for_its_own_provider_and_not_for_ever()
    {
        var visitor = stand.Visit();
        var request = await visitor.StartAsync("liar");
        var email = Account.NewEmail();
        string Code() => stand.Liar.Agree(request, claims => (claims["email"], claims["email_verified"]) = (email, true));
        await RefusedAsync(await stand.Visit().FinishAsync(request, Code()));
        await RefusedAsync(await visitor.FinishAsync(request, Code(), state: SsoVisitor.NewSecret()));
        await RefusedAsync(await visitor.FinishAsync(request, Code(), state: "short"));
        // The mix-up: an answer for this sign-in at the door of another provider.
        await RefusedAsync(await visitor.PostAsync(new { provider = "peer", state = request.State, code = Code(), browserKey = visitor.BrowserKey }));
        // Two at once: one gets in.
        var both = await Task.WhenAll(visitor.FinishAsync(request, Code()), visitor.FinishAsync(request, Code()));
        both.Select(each => each.StatusCode).Order().ShouldBe([HttpStatusCode.OK, HttpStatusCode.Unauthorized]);
        await RefusedAsync(await visitor.FinishAsync(request, Code()));

        var late = await visitor.StartAsync("liar");
        await identity.ExecuteAsync("update sso_attempts set expires_at = now() - interval '1 second' where return_url is null and provider = 'liar'");
        await RefusedAsync(await visitor.FinishAsync(late, stand.Liar.Agree(late)));

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
    public async Task Neither_state_nor_verifier_nor_nonce_rests_readable_in_the_database()
    {
        var visitor = stand.Visit();
        var request = await visitor.StartAsync("liar", "/app/here");
        var row = await identity.QueryAsync<string>("select string_agg(a::text || encode(secrets, 'escape'), ' ') from sso_attempts a");
        row.ShouldNotContain(request.State);
        row.ShouldNotContain(request.Nonce);
        row.ShouldNotContain(visitor.BrowserKey);
    }

    [Fact]
    public async Task A_code_works_once_and_only_with_the_verifier_of_its_own_sign_in()
    {
        var visitor = stand.Visit();
        var first = await visitor.StartAsync("liar");
        var code = stand.Liar.Agree(first, claims => (claims["email"], claims["email_verified"]) = (Account.NewEmail(), true));
        using var accepted = await visitor.FinishAsync(first, code);
        await accepted.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        var second = await visitor.StartAsync("liar");
        using var replayed = await visitor.FinishAsync(second, code);
        (await replayed.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"code\"");

        // A code that somebody caught elsewhere, put into a sign-in of one's own.
        var victim = await stand.Visit().StartAsync("liar");
        var caught = stand.Liar.Agree(victim, claims => (claims["email"], claims["email_verified"]) = (Account.NewEmail(), true));
        var own = await visitor.StartAsync("liar");
        using var injected = await visitor.FinishAsync(own, caught);
        (await injected.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"code\"");
        await injected.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
    }

    [Fact]
    public async Task Who_answers_has_to_be_who_was_asked()
    {
        var visitor = stand.Visit();
        var request = await visitor.StartAsync("liar");
        using var other = await visitor.FinishAsync(request, stand.Liar.Agree(request), iss: stand.Peer.Issuer);
        (await other.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"issuer\"");

        // The peer says that it always tells: an answer without it is somebody else's.
        var peers = await visitor.StartAsync("peer");
        var query = QueryHelpers.ParseQuery(
            (await stand.Peer.SignInAsync(peers.Url, Account.NewEmail(), new Uri(peers.RedirectUri))).Query);
        using var silent = await visitor.FinishAsync(peers, query["code"]!);
        (await silent.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"issuer\"");
    }

    [Fact]
    public async Task An_address_that_the_provider_did_not_verify_opens_and_makes_no_account()
    {
        var account = await stand.RegisterVerifiedAsync();
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
    public async Task An_account_with_an_unverified_address_waits_for_nobody()
    {
        // Somebody signs up with the victim's address, and waits.
        var account = await stand.RegisterAsync(Account.NewEmail());
        using var attacker = await account.SignedInAsync();
        using var link = await attacker.PostAsJsonAsync("/api/v1/me/sso/liar/link", new { browserKey = SsoVisitor.NewSecret() });
        await link.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "email-not-verified");
        using var victim = await SignInAsync(account.Email);
        await victim.ShouldBeProblemAsync(HttpStatusCode.Conflict, "sso-account-exists");
        (await identity.QueryAsync<int>("select count(*)::int from sso_identities where user_id = @Id", new { account.Id })).ShouldBe(0);

        // The way out is the mail, which the attacker doesn't get: afterwards the account is the victim's alone.
        using var anonymous = stand.Host.CreateClient();
        (await anonymous.PostAsJsonAsync("/api/v1/auth/password/forgot", new { email = account.Email })).EnsureSuccessStatusCode();
        using var reset = await anonymous.PostAsJsonAsync(
            "/api/v1/auth/password/reset", new { token = await identity.ResetAsync(account.Id), password = "Another-Horse-8-Battery" });
        reset.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var signedIn = await SignInAsync(account.Email);
        await signedIn.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        await Eventually.PassesAsync(async () => (await attacker.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task An_account_with_a_second_factor_is_connected_by_its_owner_only()
    {
        var account = await stand.RegisterVerifiedAsync();
        await EnrolAsync(account);
        using var response = await SignInAsync(account.Email);
        await response.ShouldBeProblemAsync(HttpStatusCode.Conflict, "sso-account-exists");
    }

    [Fact]
    public async Task A_connection_is_finished_by_the_person_who_began_it_and_not_for_a_subject_of_somebody_else()
    {
        var subject = Guid.NewGuid().ToString();
        using var taken = await SignInAsync(Account.NewEmail(), claims => claims["sub"] = subject);
        await taken.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        var account = await stand.RegisterVerifiedAsync();
        var token = (await account.LogInAsync()).AccessToken;
        var another = (await (await stand.RegisterVerifiedAsync()).LogInAsync()).AccessToken;
        foreach (var (who, status) in new (string?, HttpStatusCode)[] { (null, HttpStatusCode.Unauthorized), (another, HttpStatusCode.Unauthorized), (token, HttpStatusCode.Conflict) })
        {
            var visitor = stand.Visit();
            using var client = stand.Host.CreateClient(token);
            using var start = await client.PostAsJsonAsync("/api/v1/me/sso/liar/link", new { browserKey = visitor.BrowserKey });
            var request = new AuthorizationRequest((await start.ShouldBeAsync<SsoVisitor.Started>(HttpStatusCode.OK)).AuthorizationUrl);
            using var response = await visitor.FinishAsync(request, stand.Liar.Agree(request, claims => claims["sub"] = subject), token: who);
            response.StatusCode.ShouldBe(status);
        }

        (await identity.QueryAsync<int>("select count(*)::int from sso_identities where user_id = @Id", new { account.Id })).ShouldBe(0);
    }

    [Fact]
    public async Task A_workspaces_own_client_at_the_same_issuer_opens_nobody_elses_account()
    {
        // The installation's users at the issuer; a workspace of an attacker that registered a client of its own there.
        var subject = Guid.NewGuid().ToString();
        var email = Account.NewEmail();
        using var victim = await SignInAsync(email, claims => claims["sub"] = subject);
        await victim.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        await using var team = await stand.NewTeamAsync();
        using var configured = await team.TryConfigureAsync(new { issuer = stand.Liar.Issuer });
        await configured.ShouldBeAsync<SsoBody>(HttpStatusCode.OK);
        var visitor = stand.Visit();
        var request = await visitor.StartAsync(team.Key);
        using var response = await visitor.FinishAsync(request, stand.Liar.Agree(request, claims =>
            (claims["sub"], claims["email"], claims["email_verified"]) = (subject, email, true)));
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"domainNotProven\"");
        await response.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-not-allowed");
    }

    [Fact]
    public async Task What_a_workspace_names_is_asked_over_https_and_at_public_addresses_only()
    {
        // The identity that is not for development.
        using var team = await Team.CreateAsync(identity);
        await using var internalSite = await LyingProvider.StartAsync();
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
    public async Task Metadata_that_is_wrong_is_refused_when_it_is_configured()
    {
        await using var team = await stand.NewTeamAsync();
        await using var wrong = await LyingProvider.StartAsync();
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

        // A redirect to somewhere inside is not followed.
        wrong.Instead = (_, context) =>
        {
            context.Response.Redirect(team.Provider.Issuer + "/.well-known/openid-configuration");
            return Task.FromResult(true);
        };
        using var redirected = await TryAsync();
        await redirected.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "issuer");

        async Task<HttpResponseMessage> TryAsync()
        {
            // A failed provider isn't asked again at once: each time another name for the same one.
            var name = string.Create(CultureInfo.InvariantCulture, $"{wrong.Issuer}/t{Interlocked.Increment(ref _names)}");
            wrong.Prefix = new Uri(name).AbsolutePath;
            return await team.TryConfigureAsync(new { issuer = name });
        }
    }

    private static int _names;

    [Fact]
    public async Task A_provider_that_is_slow_or_gone_is_a_clear_problem_and_passwords_go_on()
    {
        await using var liar = await LyingProvider.StartAsync();
        await using var host = stand.Start(
            ("Sso:down:Authority", liar.Issuer), ("Sso:down:ClientId", SsoStand.ClientId));
        await using var impatient = stand.Start(
            ("Sso:down:Authority", liar.Issuer), ("Sso:down:ClientId", SsoStand.ClientId), ("Identity:Sso:ProviderTimeout", "00:00:00.5"));
        using var release = new CancellationTokenSource();
        var visitor = stand.Visit(host);
        // Only the answer that never comes is to be late: the impatient one has read the metadata before, however long that took.
        await Eventually.PassesAsync(() => stand.Visit(impatient).StartAsync("down"));
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

        // An endless answer is cut off.
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
        // What is known of it is good for a while; a replica that knows nothing says so.
        await using var replica = stand.Start(("Sso:down:Authority", liar.Issuer), ("Sso:down:ClientId", SsoStand.ClientId));
        using var gone = await stand.Visit(replica).TryStartAsync(new { provider = "down", browserKey = visitor.BrowserKey });
        await gone.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "sso-unavailable");
        var account = await Account.RegisterAsync(replica);
        await account.LogInAsync();
        await release.CancelAsync();
    }

    [Fact]
    public async Task Asked_for_a_new_proof_a_provider_has_to_have_made_it_now()
    {
        var visitor = stand.Visit();
        foreach (var (age, status) in new[] { (3600, HttpStatusCode.Unauthorized), (10, HttpStatusCode.OK) })
        {
            using var started = await visitor.TryStartAsync(new { provider = "liar", browserKey = visitor.BrowserKey, fresh = true });
            var request = new AuthorizationRequest((await started.ShouldBeAsync<SsoVisitor.Started>(HttpStatusCode.OK)).AuthorizationUrl);
            request["prompt"].ShouldBe("login");
            request["max_age"].ShouldBe("0");
            var code = stand.Liar.Agree(request, claims =>
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
        using var client = stand.Host.CreateClient(tokens.AccessToken!);
        using var link = await client.PostAsJsonAsync("/api/v1/me/sso/peer/link", new { browserKey = SsoVisitor.NewSecret() });
        await link.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
    }

    private Task<HttpResponseMessage> SignInAsync(string email, Action<JsonObject>? change = null) =>
        SignInAsync(stand.Host, stand.Liar, "liar", null, claims =>
        {
            (claims["email"], claims["email_verified"]) = (email, true);
            change?.Invoke(claims);
        });

    private static async Task<HttpResponseMessage> SignInAsync(
        ServiceFactory<Program> host, LyingProvider liar, string provider, Func<JsonObject, string>? sign = null, Action<JsonObject>? change = null)
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

    private static Func<LyingProvider, JsonObject, string> With(string claim, JsonNode? value) => (liar, claims) =>
    {
        // Times are written as seconds from now.
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
