using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.AspNetCore.WebUtilities;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>The flow with npm's oidc-provider and its own pages.</summary>
[Collection(nameof(SsoFixture))]
public sealed class SsoFlowTests(SsoFixture fixture, IdentityApplication identity)
{
    [Theory]
    [InlineData("peer")]
    [InlineData("peer-ps")]
    [InlineData("peer-es")]
    public async Task A_new_user_signs_in_through_a_provider_and_gets_an_account_with_a_verified_address(string provider)
    {
        var email = Account.NewEmail();
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync(provider, "/app/links?tag=a");
        request["response_type"].ShouldBe("code");
        request["code_challenge_method"].ShouldBe("S256");
        request.Nonce.Length.ShouldBe(43);
        var back = await fixture.Peer.SignInAsync(request.Url, email + "?name=Ada%20Lovelace&locale=de-AT", new Uri(request.RedirectUri));
        var query = QueryHelpers.ParseQuery(back.Query);
        query["iss"].ToString().ShouldBe(fixture.Peer.Issuer, "the peer supports RFC 9207");
        using var response = await visitor.FinishAsync(request, query["code"]!, query["iss"], query["state"]);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var tokens = await response.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        tokens.ReturnUrl.ShouldBe("/app/links?tag=a");

        using var client = fixture.Host.CreateClient(tokens.AccessToken!);
        var profile = (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!;
        profile.Email.ShouldBe(email);
        profile.EmailVerified.ShouldBeTrue();
        profile.Name.ShouldBe("Ada Lovelace");
        profile.Locale.ShouldBe("de");
        await identity.Events.HearsAsync<UserRegistered>(e => e.UserId == profile.Id);
        (await identity.NoticeAsync(profile.Id, SecurityNoticeKinds.SsoLinked)).Detail.ShouldNotBeNullOrEmpty();
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.signedIn" && e.ActorId == profile.Id);
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.linked" && e.ActorId == profile.Id);
        var session = (await client.GetFromJsonAsync<Listed<SsoSession>>("/api/v1/me/sessions"))!.Items.ShouldHaveSingleItem();
        session.Methods.ShouldBe(["sso"]);
        session.SsoProvider.ShouldBe(provider);

        // The provider has used up the code, and identity the state.
        using var again = await visitor.FinishAsync(request, query["code"]!, query["iss"], query["state"]);
        (await again.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed")).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_user_returns_to_the_same_account_after_their_address_at_the_provider_changed()
    {
        var subject = Guid.NewGuid().ToString();
        var first = await PeerSignInAsync($"{Account.NewEmail()}?sub={subject}");
        var second = await PeerSignInAsync($"{Account.NewEmail()}?sub={subject}");
        (await ProfileOfAsync(second)).Id.ShouldBe((await ProfileOfAsync(first)).Id);
        (await ProfileOfAsync(second)).Email.ShouldBe((await ProfileOfAsync(first)).Email);
    }

    [Fact]
    public async Task A_provider_of_the_installation_opens_the_account_that_has_the_verified_address()
    {
        var account = await fixture.RegisterVerifiedAsync();
        var tokens = await PeerSignInAsync(account.Email.ToUpperInvariant());
        (await ProfileOfAsync(tokens)).Id.ShouldBe(account.Id);
        await identity.NoticeAsync(account.Id, SecurityNoticeKinds.SsoLinked);
        // The password still works.
        await account.LogInAsync();
    }

    [Fact]
    public async Task Another_replica_completes_a_started_sign_in()
    {
        await using var replica = fixture.Start();
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync("peer");
        var query = QueryHelpers.ParseQuery((await fixture.Peer.SignInAsync(request.Url, Account.NewEmail(), new Uri(request.RedirectUri))).Query);
        using var response = await new SsoVisitor(replica) { BrowserKey = visitor.BrowserKey }.FinishAsync(request, query["code"]!, query["iss"]);
        await response.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_browser_is_redirected_to_the_provider_with_a_cookie_that_binds_the_sign_in_to_it()
    {
        using var client = fixture.Host.CreateClient(new Microsoft.AspNetCore.Mvc.Testing.WebApplicationFactoryClientOptions { AllowAutoRedirect = false, HandleCookies = false });
        using var start = await client.GetAsync("/api/v1/auth/sso/peer/start?returnUrl=/app/links");
        start.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var cookie = start.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        var key = cookie.Split(';')[0].Split('=', 2)[1];
        var request = new AuthorizationRequest(start.Headers.Location!.ToString());
        request.RedirectUri.ShouldBe(SsoFixture.PublicUrl + "/app/sso/callback/peer");
        var query = QueryHelpers.ParseQuery((await fixture.Peer.SignInAsync(request.Url, Account.NewEmail(), new Uri(request.RedirectUri))).Query);
        using var stranger = await fixture.Visit().FinishAsync(request, query["code"]!, query["iss"]);
        await stranger.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
        // A stranger's attempt doesn't use up the state.
        using var response = await new SsoVisitor(fixture.Host) { BrowserKey = key }.FinishAsync(request, query["code"]!, query["iss"]);
        await response.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Over_https_the_cookie_is_bound_to_the_host()
    {
        await using var https = fixture.Start(("Identity:PublicUrl", "https://links.example.com"));
        using var client = https.CreateClient(new Microsoft.AspNetCore.Mvc.Testing.WebApplicationFactoryClientOptions { AllowAutoRedirect = false, HandleCookies = false });
        using var start = await client.GetAsync("/api/v1/auth/sso/peer/start");
        var cookie = start.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldStartWith("__Host-linkshort-sso=");
        cookie.ShouldContain("secure");
        cookie.ShouldContain("path=/;");
    }

    [Fact]
    public async Task The_providers_are_listed_for_buttons_without_their_secrets()
    {
        using var client = fixture.Host.CreateClient();
        var list = await client.GetStringAsync("/api/v1/auth/sso/providers");
        list.ShouldContain("""{"name":"peer","displayName":"The peer"}""");
        list.ShouldNotContain("secret");
        list.ShouldNotContain(fixture.Peer.Issuer);
    }

    [Fact]
    public async Task An_account_is_connected_by_its_owner_signs_in_through_the_provider_and_is_disconnected()
    {
        var account = await fixture.RegisterVerifiedAsync();
        var signedIn = await account.LogInAsync();
        using var client = fixture.Host.CreateClient(signedIn.AccessToken);
        var visitor = fixture.Visit();
        var login = $"{Account.NewEmail()}?verified=false";
        using var start = await client.PostAsJsonAsync("/api/v1/me/sso/peer/link", new { browserKey = visitor.BrowserKey, returnUrl = "/app/security" });
        var request = new AuthorizationRequest((await start.ShouldBeAsync<SsoVisitor.Started>(HttpStatusCode.OK)).AuthorizationUrl);
        var query = QueryHelpers.ParseQuery((await fixture.Peer.SignInAsync(request.Url, login, new Uri(request.RedirectUri))).Query);
        using var linked = await visitor.FinishAsync(request, query["code"]!, query["iss"], token: signedIn.AccessToken);
        var answer = await linked.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
        answer.Linked.ShouldBe("The peer");
        answer.AccessToken.ShouldBeNull();
        await identity.NoticeAsync(account.Id, SecurityNoticeKinds.SsoLinked);

        var tokens = await PeerSignInAsync(login);
        (await ProfileOfAsync(tokens)).Id.ShouldBe(account.Id);
        var connection = (await client.GetFromJsonAsync<Listed<LinkedBody>>("/api/v1/me/sso"))!.Items.ShouldHaveSingleItem();
        connection.DisplayName.ShouldBe("The peer");
        (await client.DeleteAsync($"/api/v1/me/sso/{connection.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await identity.NoticeAsync(account.Id, SecurityNoticeKinds.SsoUnlinked);
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.unlinked" && e.TargetId == account.Id.ToString());
        using var ended = fixture.Host.CreateClient(tokens.AccessToken!);
        await Eventually.PassesAsync(async () => (await ended.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));
        (await client.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK, "the session that disconnected continues");
    }

    [Fact]
    public async Task The_only_way_to_sign_in_cannot_be_disconnected()
    {
        var tokens = await PeerSignInAsync(Account.NewEmail());
        using var client = fixture.Host.CreateClient(tokens.AccessToken!);
        var connection = (await client.GetFromJsonAsync<Listed<LinkedBody>>("/api/v1/me/sso"))!.Items.ShouldHaveSingleItem();
        using var response = await client.DeleteAsync($"/api/v1/me/sso/{connection.Id}");
        await response.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        using var elsewhere = await (await fixture.RegisterVerifiedAsync()).SignedInAsync();
        (await elsewhere.DeleteAsync($"/api/v1/me/sso/{connection.Id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Changing_connections_requires_a_recent_sign_in()
    {
        var account = await fixture.RegisterVerifiedAsync();
        var tokens = await account.LogInAsync();
        await identity.ExecuteAsync("update sessions set authenticated_at = now() - interval '1 hour' where user_id = @Id", new { account.Id });
        using var anonymous = fixture.Host.CreateClient();
        using var refreshed = await anonymous.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
        using var client = fixture.Host.CreateClient((await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        using var link = await client.PostAsJsonAsync("/api/v1/me/sso/peer/link", new { browserKey = SsoVisitor.NewSecret() });
        await link.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        using var unlink = await client.DeleteAsync($"/api/v1/me/sso/{Guid.NewGuid()}");
        await unlink.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
    }

    [Fact]
    public async Task A_denial_at_the_provider_is_reported_without_the_providers_own_text()
    {
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync("liar");
        using var response = await visitor.PostAsync(new { provider = "liar", state = request.State, error = "access_denied", browserKey = visitor.BrowserKey });
        var body = await response.Content.ReadAsStringAsync();
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "sso-failed");
        body.ShouldContain("access_denied");
        body.ShouldContain("\"reason\":\"denied\"");
        var other = await visitor.StartAsync("liar");
        using var script = await visitor.PostAsync(new { provider = "liar", state = other.State, error = "<script>alert(1)</script>", browserKey = visitor.BrowserKey });
        (await script.Content.ReadAsStringAsync()).ShouldNotContain("script");
    }

    [Fact]
    public async Task Bad_requests_name_their_fields()
    {
        var visitor = fixture.Visit();
        foreach (var (body, field) in new (object, string)[]
        {
            (new { browserKey = visitor.BrowserKey }, "provider"),
            (new { provider = "peer", email = "a@example.com", browserKey = visitor.BrowserKey }, "provider"),
            (new { email = "no address", browserKey = visitor.BrowserKey }, "email"),
            (new { provider = "peer", browserKey = "short" }, "browserKey"),
            (new { provider = "peer", browserKey = visitor.BrowserKey, returnUrl = "https://evil.example" }, "returnUrl"),
            (new { provider = "peer", browserKey = visitor.BrowserKey, returnUrl = "//evil.example" }, "returnUrl"),
            (new { provider = "peer", browserKey = visitor.BrowserKey, returnUrl = "/\\evil.example" }, "returnUrl"),
            (new { provider = "peer", browserKey = visitor.BrowserKey, returnUrl = "/" + new string('a', 2048) }, "returnUrl"),
        })
        {
            using var response = await visitor.TryStartAsync(body);
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        }

        foreach (var (body, field) in new (object, string)[]
        {
            (new { provider = "peer", state = "s", browserKey = visitor.BrowserKey }, "code"),
            (new { provider = "peer", state = "s", code = "c", error = "e", browserKey = visitor.BrowserKey }, "code"),
            (new { provider = "peer", state = "s", code = new string('c', 8193), browserKey = visitor.BrowserKey }, "code"),
            (new { provider = "peer", state = "s", code = "c", browserKey = "" }, "browserKey"),
            (new { provider = new string('p', 37), state = "s", code = "c", browserKey = visitor.BrowserKey }, "provider"),
        })
        {
            using var response = await visitor.PostAsync(body);
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        }

        using var unknown = await visitor.TryStartAsync(new { provider = "nobody", browserKey = visitor.BrowserKey });
        await unknown.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        using var unclaimed = await visitor.TryStartAsync(new { email = Account.NewEmail(), browserKey = visitor.BrowserKey });
        await unclaimed.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public void Bad_settings_stop_the_start_with_their_names()
    {
        foreach (var (key, value, says) in new[]
        {
            ("Sso:google:Authority", "accounts.google.com", "Sso__google__Authority"),
            ("Sso:google:Authority", "http://accounts.google.com", "Sso__google__Authority"),
            ("Sso:google:DisplayName", "Google", "Sso__google__ClientId"),
            ("Sso:liar:Scope", "email", "Sso__liar__Scope"),
            ("Identity:Sso:ProviderTimeout", "01:00:00", "Identity__Sso__ProviderTimeout"),
            ("Dns:Server", "dns.example", "Dns__Server"),
        })
        {
            using var host = fixture.Start((key, value));
            Should.Throw<Microsoft.Extensions.Options.OptionsValidationException>(() => host.CreateClient().Dispose()).Message.ShouldContain(says);
        }
    }

    private async Task<SsoTokens> PeerSignInAsync(string login)
    {
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync("peer");
        var query = QueryHelpers.ParseQuery((await fixture.Peer.SignInAsync(request.Url, login, new Uri(request.RedirectUri))).Query);
        using var response = await visitor.FinishAsync(request, query["code"]!, query["iss"]);
        return await response.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
    }

    private async Task<Profile> ProfileOfAsync(SsoTokens tokens)
    {
        using var client = fixture.Host.CreateClient(tokens.AccessToken!);
        return (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!;
    }
}
