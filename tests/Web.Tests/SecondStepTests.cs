using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Signing in with a second factor.</summary>
[Collection(nameof(WebStand))]
public sealed class SecondStepTests(WebStand stand)
{
    private const string Verify = "/app/signin/verify";

    [Fact]
    public async Task A_code_after_the_password_signs_in_and_continues_to_the_return_URL()
    {
        var account = WithApp("123456");
        using var visitor = stand.Visit();

        var step = await visitor.SubmitAsync("/app/signin?returnUrl=%2Fapp%2Fsecurity", "/app/signin", ("email", account.Email), ("password", account.Password));
        step.Location.ShouldBe(Verify);
        var page = await visitor.GetAsync(Verify);
        page.Text.ShouldContain(account.Email);
        page.Text.ShouldContain("autocomplete=\"one-time-code\"");
        page.Text.ShouldNotContain("challenge", Case.Insensitive, "the challenge stays on the server");
        visitor.Cookies["linkshort"].ShouldBeNull("nobody is signed in yet");
        (await visitor.GetAsync("/app/links")).Location.ShouldStartWith("/app/signin");

        (await visitor.SubmitAsync(Verify, Verify, ("Code", "123 456"))).Location.ShouldBe("/app/security");
        (await visitor.GetAsync("/app/security")).Status.ShouldBe(HttpStatusCode.OK);
        visitor.Cookies["linkshort-signin"].ShouldBeNull("the pending sign-in is completed");
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("https:evil.example")]
    [InlineData("/app/%2e%2e/abc1234")]
    public async Task The_second_step_never_redirects_to_other_sites(string returnUrl)
    {
        var account = WithApp("123456");
        using var visitor = stand.Visit();
        await visitor.SubmitAsync("/app/signin?returnUrl=" + Uri.EscapeDataString(returnUrl), "/app/signin", ("email", account.Email), ("password", account.Password));

        (await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"))).Location.ShouldBe("/app/links");
    }

    [Fact]
    public async Task A_wrong_code_is_reported_at_its_field_and_can_be_retried()
    {
        var account = WithApp("123456");
        using var visitor = await AtTheSecondStepAsync(account);

        var wrong = await visitor.SubmitAsync(Verify, Verify, ("Code", "000000"));
        wrong.Status.ShouldBe(HttpStatusCode.Unauthorized);
        wrong.Text.ShouldMatch("(?s)id=\"field-code-error\".*This code is wrong or was already used");
        (await visitor.SubmitAsync(Verify, Verify, ("RecoveryCode", "AAAA-AAAA-AAAA-AAAA"))).Text.ShouldMatch("(?s)id=\"field-recoveryCode-error\".*Each works once");
        (await visitor.SubmitAsync(Verify, Verify, ("Code", ""))).Text.ShouldContain("Enter the code shown in your app.");

        (await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"))).Location.ShouldBe("/app/links");
    }

    [Fact]
    public async Task A_recovery_code_signs_in_once()
    {
        var account = WithApp("123456");
        var code = account.State.RecoveryCodes[3];
        using var visitor = await AtTheSecondStepAsync(account);
        (await visitor.SubmitAsync(Verify, Verify, ("RecoveryCode", code))).Location.ShouldBe("/app/links");

        using var again = await AtTheSecondStepAsync(account);
        (await again.SubmitAsync(Verify, Verify, ("RecoveryCode", code))).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Too_many_wrong_codes_show_how_long_to_wait_and_what_still_works()
    {
        var account = WithApp("123456");
        using var visitor = await AtTheSecondStepAsync(account);
        using (stand.Api.Fail("POST", "/auth/login/2fa", 423, "locked-out", retryAfter: 240))
        {
            var locked = await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"));
            locked.Status.ShouldBe((HttpStatusCode)423);
            locked.Text.ShouldContain("Try again in 4 minutes.");
            locked.Text.ShouldContain("Use a recovery code");
        }

        (await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"))).Location.ShouldBe("/app/links");
    }

    [Fact]
    public async Task An_expired_challenge_leads_back_to_the_sign_in_page()
    {
        var account = WithApp("123456");
        using var visitor = await AtTheSecondStepAsync(account);
        using (stand.Api.Fail("POST", "/auth/login/2fa", 401, "invalid-challenge"))
        {
            var over = await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"));
            over.Location.ShouldBe("/app/signin");
            (await visitor.FollowAsync(over)).Text.ShouldContain("This sign-in took too long, or there were too many wrong codes.");
        }

        (await visitor.GetAsync(Verify)).Location.ShouldBe("/app/signin");
    }

    [Fact]
    public async Task While_identity_is_down_the_second_step_waits_and_nothing_is_lost()
    {
        var account = WithApp("123456");
        using var visitor = await AtTheSecondStepAsync(account);
        using (stand.Api.Fail("POST", "/auth/login/2fa", 503, "unavailable"))
        {
            var down = await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"), ("Remember", "true"));
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Text.ShouldContain("isn't responding right now");
            down.Text.ShouldMatch("name=\"Remember\" value=\"true\" checked");
        }

        (await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"))).Location.ShouldBe("/app/links");
    }

    [Fact]
    public async Task A_remembered_device_needs_no_code_and_another_users_cookie_does_not_matter()
    {
        var account = WithApp("123456");
        var other = WithApp("654321");
        using var visitor = await AtTheSecondStepAsync(account);
        var done = await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"), ("Remember", "true"));
        done.Location.ShouldBe("/app/links");
        var cookie = done.Response.Headers.GetValues("Set-Cookie").Single(set => set.StartsWith("linkshort-device-", StringComparison.Ordinal));
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=lax", Case.Insensitive);
        await SignOutAsync(visitor);

        (await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email.ToUpperInvariant()), ("password", account.Password))).Location.ShouldBe("/app/links");
        await SignOutAsync(visitor);
        (await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", other.Email), ("password", other.Password))).Location.ShouldBe(Verify, "another account");

        account.State.DeviceTokens.Clear();
        (await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email), ("password", account.Password))).Location.ShouldBe(Verify, "forgotten by the API");
    }

    [Fact]
    public async Task The_cookie_of_a_pending_sign_in_is_worthless_once_it_was_completed()
    {
        var account = WithApp("123456");
        using var visitor = await AtTheSecondStepAsync(account);
        using var thief = stand.Visit();
        visitor.CopyCookiesTo(thief);
        await visitor.SubmitAsync(Verify, Verify, ("Code", "123456"));

        (await thief.GetAsync(Verify)).Location.ShouldBe("/app/signin");
    }

    [Fact]
    public async Task A_locked_account_sees_for_how_long_and_can_reset_its_password()
    {
        var account = stand.NewAccount();
        using var visitor = stand.Visit();
        using var locked = stand.Api.Fail("POST", "/auth/login", 423, "locked-out", retryAfter: 75);

        var refused = await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email), ("password", account.Password));

        refused.Status.ShouldBe((HttpStatusCode)423);
        refused.Text.ShouldContain("Try again in 75 seconds.");
        refused.Text.ShouldContain("href=\"/app/forgot\"");
        refused.Text.ShouldContain($"value=\"{account.Email}\"");
    }

    [Fact]
    public async Task Invalid_and_unknown_passkey_responses_are_refused_with_an_explanation()
    {
        using var visitor = stand.Visit();
        foreach (var credential in new[] { "", "not json", "[]", """{"id":"x","response":{"clientDataJSON":"e30"}}""" })
        {
            using var refusing = stand.Api.Fail("POST", "/auth/passkey", 401, "invalid-passkey");
            var refused = await visitor.SubmitAsync("/app/signin?returnUrl=%2Fapp%2Fsecurity", "/app/signin/passkey", ("Credential", credential));
            ((int)refused.Status).ShouldBeInRange(400, 401);
            refused.Text.ShouldContain("That passkey wasn't accepted");
            refused.Text.ShouldContain("value=\"/app/security\"", Case.Sensitive, "the return URL is kept");
        }
    }

    private FakeApi.Account WithApp(string code)
    {
        var account = stand.NewAccount();
        FakeApi.AddAuthenticator(account, code);
        return account;
    }

    private async Task<Visitor> AtTheSecondStepAsync(FakeApi.Account account)
    {
        var visitor = stand.Visit();
        (await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email), ("password", account.Password))).Location.ShouldBe(Verify);
        return visitor;
    }

    private static async Task SignOutAsync(Visitor visitor) => await visitor.SubmitAsync("/app/links", "/app/signout");
}
