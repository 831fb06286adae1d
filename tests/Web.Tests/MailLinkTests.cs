using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Links in emails, and the forms that request such emails.</summary>
[Collection(nameof(WebStand))]
public sealed class MailLinkTests(WebStand stand)
{
    [Theory]
    [InlineData("/app/verify")]
    [InlineData("/app/reset")]
    [InlineData("/app/email-change")]
    public async Task Following_a_link_changes_nothing_and_leaks_no_token(string path)
    {
        var account = stand.NewAccount();
        var token = stand.Api.MailToken(account);
        using var scanner = stand.Visit();
        var before = stand.Api.Calls.Count;

        for (var i = 0; i < 3; i++)
        {
            var page = await scanner.GetAsync($"{path}?token={token}");
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Response.Headers.GetValues("Referrer-Policy").ShouldBe(["strict-origin"]);
            page.CacheControl.ShouldContain("no-store");
            // The page loads nothing from other sites, and no address in it contains the token: its forms do, also those of theme and language.
            page.Html.ShouldNotContain("href=\"http");
            page.Html.ShouldNotContain("src=\"http");
            page.Html.ShouldNotMatch($"(href|src|action)=\"[^\"]*{token}");
            var german = await scanner.PostAsync("/app/language", [.. Visitor.HiddenFields(page.Html, "/app/language"), ("To", "de")]);
            german.Location.ShouldBe($"{path}?token={token}");
            (await scanner.GetAsync(german.Location!)).Html.ShouldContain("<html lang=\"de\"");
        }

        stand.Api.MailTokens.ShouldContainKey(token);
        stand.Api.Calls.Skip(before).ShouldNotContain(call => call.Path.Contains("/auth/email/verify", StringComparison.Ordinal)
            || call.Path.Contains("/password/reset", StringComparison.Ordinal) || call.Path.Contains("/email/change", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pressing_the_button_confirms_the_address_once_and_the_banner_is_gone()
    {
        var account = stand.NewAccount();
        account.EmailVerified = false;
        using var visitor = await stand.VisitSignedInAsync(account);
        (await visitor.GetAsync("/app/links")).Text.ShouldContain("Confirm your email address: we sent an email to");
        var token = stand.Api.MailToken(account);

        var done = await visitor.SubmitAsync($"/app/verify?token={token}", "/app/verify");
        done.Location.ShouldBe("/app/links");
        var links = await visitor.FollowAsync(done);
        links.Text.ShouldContain("Your email address is confirmed.");
        links.Text.ShouldNotContain("Confirm your email address:");
        account.EmailVerified.ShouldBeTrue();

        var again = await visitor.SubmitAsync($"/app/verify?token={token}", "/app/verify");
        again.Status.ShouldBe(HttpStatusCode.Gone);
        again.Text.ShouldContain("This link was already used, has expired");
        again.Text.ShouldContain("Send new email");
    }

    [Fact]
    public async Task An_address_that_was_confirmed_on_another_device_takes_the_banner_away_here()
    {
        var account = stand.NewAccount();
        account.EmailVerified = false;
        using var visitor = await stand.VisitSignedInAsync(account);
        (await visitor.GetAsync("/app/links")).Text.ShouldContain("Confirm your email address:");
        account.EmailVerified = true;
        (await visitor.GetAsync("/app/links")).Text.ShouldNotContain("Confirm your email address:");
    }

    [Fact]
    public async Task The_banner_resends_the_email_and_reports_when_that_was_too_often()
    {
        var account = stand.NewAccount();
        account.EmailVerified = false;
        using var visitor = await stand.VisitSignedInAsync(account);

        var sent = await visitor.SubmitAsync("/app/settings", "/app/verify/resend");
        sent.Location.ShouldBe("/app/settings");
        (await visitor.FollowAsync(sent)).Text.ShouldContain("an email is on its way");
        account.State.MailsAsked.ShouldBe(["verify"]);

        using var limited = stand.Api.Fail("POST", "/auth/email/resend", 429, "rate-limited", retryAfter: 1800);
        var refused = await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", "/app/verify/resend"));
        refused.Text.ShouldContain("Try again in 30 minutes.");
        account.State.MailsAsked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Requesting_a_new_password_responds_the_same_with_and_without_an_account()
    {
        var account = stand.NewAccount();
        using var visitor = stand.Visit();
        var nobody = $"nobody-{Guid.NewGuid():N}@example.com";

        var known = await visitor.SubmitAsync("/app/forgot", "/app/forgot", ("email", account.Email));
        var unknown = await visitor.SubmitAsync("/app/forgot", "/app/forgot", ("email", nobody));

        known.Status.ShouldBe(HttpStatusCode.OK);
        known.Text.Replace(account.Email, "X", StringComparison.Ordinal).ShouldBe(unknown.Text.Replace(nobody, "X", StringComparison.Ordinal));
        account.State.MailsAsked.ShouldBe(["reset"]);
        (await visitor.SubmitAsync("/app/forgot", "/app/forgot", ("email", "x"))).Text.ShouldMatch("(?s)id=\"field-email-error\".*not an e-mail address");
    }

    [Fact]
    public async Task A_new_password_is_set_by_email_once_and_ends_all_sessions()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var token = stand.Api.MailToken(account);

        var weak = await visitor.SubmitAsync($"/app/reset?token={token}", "/app/reset", ("password", "short"));
        weak.Status.ShouldBe(HttpStatusCode.BadRequest);
        weak.Text.ShouldContain("At least 8 characters.");
        weak.Text.ShouldContain($"value=\"{token}\"", Case.Sensitive, "the token is still valid, and kept");

        var done = await visitor.SubmitAsync($"/app/reset?token={token}", "/app/reset", ("password", "another long password"));
        done.Location.ShouldBe("/app/signin");
        (await visitor.FollowAsync(done)).Text.ShouldContain("Your new password is set");
        (await visitor.GetAsync("/app/links")).Location.ShouldStartWith("/app/signin");
        await visitor.SignInAsync(account.Email, "another long password");

        var used = await stand.Visit().SubmitAsync($"/app/reset?token={token}", "/app/reset", ("password", "one more password"));
        used.Status.ShouldBe(HttpStatusCode.Gone);
        used.Text.ShouldContain("This link was already used or has expired.");
        used.Text.ShouldContain("href=\"/app/forgot\"");
        account.Password.ShouldBe("another long password");
    }

    [Theory]
    [InlineData("/app/verify", "/auth/email/verify", "Confirm email address")]
    [InlineData("/app/reset", "/auth/password/reset", "Set password")]
    [InlineData("/app/email-change", "/auth/email/change/confirm", "Confirm change")]
    public async Task While_identity_is_down_the_button_stays_and_works_afterwards(string path, string api, string button)
    {
        var account = stand.NewAccount();
        account.State.NewEmail = $"new-{Guid.NewGuid():N}@example.com";
        var token = stand.Api.MailToken(account);
        using var visitor = stand.Visit();
        (string, string)[] fields = [("password", "another long password"), ("Action", "confirm")];
        using (stand.Api.Fail("POST", api, 503, "unavailable"))
        {
            var down = await visitor.SubmitAsync($"{path}?token={token}", path, fields);
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Text.ShouldContain("isn't responding right now");
            down.Text.ShouldContain(button);
            var hidden = Visitor.HiddenFields(down.Html, path);
            hidden.ShouldContain(("Token", token));
        }

        ((int)(await visitor.SubmitAsync($"{path}?token={token}", path, fields)).Status).ShouldBeLessThan(400);
        stand.Api.MailTokens.ShouldNotContainKey(token);
    }

    [Fact]
    public async Task An_address_changes_when_both_have_confirmed_and_the_session_continues()
    {
        var account = stand.NewAccount();
        var old = account.Email;
        using var visitor = await stand.VisitSignedInAsync(account);
        var wanted = $"new-{Guid.NewGuid():N}@example.com";
        var asked = await visitor.SubmitAsync("/app/security/email", "/app/security/email", ("email", wanted));
        (await visitor.FollowAsync(asked)).Text.ShouldContain($"Your email address changes to {wanted} when both addresses have confirmed.");
        var (atOld, atNew) = (stand.Api.MailToken(account), stand.Api.MailToken(account));

        (await visitor.SubmitAsync($"/app/email-change?token={atOld}", "/app/email-change", ("Action", "confirm"))).Text.ShouldContain("We also sent an email to the other address");
        (await visitor.GetAsync("/app/security")).Text.ShouldContain(old);
        (await visitor.SubmitAsync($"/app/email-change?token={atNew}", "/app/email-change", ("Action", "confirm"))).Text.ShouldContain("Email address changed");

        (await visitor.GetAsync("/app/security")).Text.ShouldContain(wanted);
        (await visitor.GetAsync("/app/security")).Text.ShouldNotContain(old);
        (await visitor.SubmitAsync("/app/settings", "/app/settings", ("name", "Mira"))).Location.ShouldBe("/app/settings", "forms are not bound to the address");
        (await visitor.SubmitAsync($"/app/email-change?token={atNew}", "/app/email-change", ("Action", "confirm"))).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task A_change_requested_by_an_intruder_is_cancelled()
    {
        var account = stand.NewAccount();
        account.State.NewEmail = "thief@example.com";
        var token = stand.Api.MailToken(account);
        using var visitor = stand.Visit();

        var cancelled = await visitor.SubmitAsync($"/app/email-change?token={token}", "/app/email-change", ("Action", "cancel"));

        cancelled.Text.ShouldContain("Change cancelled");
        cancelled.Text.ShouldContain("set a new one now");
        account.State.NewEmail.ShouldBeNull();
    }

    [Theory]
    [InlineData("/app/verify", "Request a new email")]
    [InlineData("/app/reset", "This link is incomplete")]
    [InlineData("/app/email-change", "Nothing to confirm")]
    public async Task A_link_without_its_token_explains_what_to_do(string path, string text)
    {
        using var visitor = stand.Visit();
        (await visitor.GetAsync(path)).Text.ShouldContain(text);
        (await visitor.GetAsync(path + "?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")).Html.ShouldNotContain("<script>alert");
    }

    [Fact]
    public async Task Signing_up_requires_the_consents_and_stores_each_decision_with_its_version()
    {
        var email = $"new-{Guid.NewGuid():N}@example.com";
        using var visitor = stand.Visit();
        var page = await visitor.GetAsync("/app/signup");
        page.Text.ShouldContain("I have read the terms of use");
        page.Text.ShouldMatch("value=\"product-mail@2026-11-22\"[^>]*/>");

        var missing = await visitor.SubmitAsync("/app/signup", "/app/signup", ("email", email), ("password", "a long password"), ("Consents", "terms@2026-11-22"));
        missing.Status.ShouldBe(HttpStatusCode.BadRequest);
        missing.Text.ShouldMatch("(?s)id=\"consent-privacy\".*You need to agree to this to create an account\\.");
        missing.Text.ShouldContain($"value=\"{email}\"");
        Should.Throw<KeyNotFoundException>(() => stand.Api.AccountOf(email));

        var done = await visitor.SubmitAsync(
            "/app/signup", "/app/signup", ("email", email), ("password", "a long password"), ("Consents", "terms@2026-11-22"), ("Consents", "privacy@2026-11-22"));
        done.Location.ShouldBe("/app/links");
        stand.Api.AccountOf(email).State.Consents!.Select(choice => $"{choice!["purpose"]} {choice["version"]} {choice["granted"]}")
            .ShouldBe(["terms 2026-11-22 true", "privacy 2026-11-22 true", "product-mail 2026-11-22 false"]);
        (await visitor.FollowAsync(done)).Text.ShouldContain("Confirm your email address: we sent an email to");
    }

    [Fact]
    public async Task If_accounts_are_not_revealed_signing_up_leads_to_the_email_first()
    {
        using var visitor = stand.Visit();
        using var unverified = stand.Api.Fail("POST", "/auth/login", 401, "invalid-credentials");

        var done = await visitor.SubmitAsync(
            "/app/signup", "/app/signup",
            ("email", $"new-{Guid.NewGuid():N}@example.com"), ("password", "a long password"), ("Consents", "terms@2026-11-22"), ("Consents", "privacy@2026-11-22"));

        done.Location.ShouldBe("/app/signin");
        (await visitor.FollowAsync(done)).Text.ShouldContain("Open the email we sent you, confirm your email address, then sign in");
    }
}
