using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>/app/security, the confirmation of identity that parts of it require, and /app/settings.</summary>
[Collection(nameof(WebStand))]
public sealed class SecurityTests(WebStand stand)
{
    private const string App = "/app/security/authenticator";

    [Fact]
    public async Task The_page_shows_factors_devices_and_sessions_with_this_one_marked()
    {
        var account = stand.NewAccount();
        FakeApi.AddAuthenticator(account, "111111");
        using var visitor = await SignedInAsync(account, "111111", remember: true);
        AddSession(account, "Safari", "iOS");

        var page = await visitor.GetAsync("/app/security");

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text.ShouldContain("Firefox on Linux");
        page.Text.ShouldContain("this device");
        page.Text.ShouldContain("Hamburg, Germany");
        page.Text.ShouldContain("Safari on iOS");
        page.Text.ShouldContain("Chrome, Linux", Case.Sensitive, "the remembered device");
        page.Text.ShouldContain("10 of 10 left");
    }

    [Fact]
    public async Task Sessions_end_one_by_one_and_all_others_at_once()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var phone = AddSession(account, "Safari", "iOS");
        AddSession(account, "Edge", "Windows");

        var one = await visitor.FollowAsync(await visitor.SubmitAsync("/app/security", $"/app/security/sessions/{phone}/end"));
        one.Text.ShouldContain("Signed out on that device.");
        one.Text.ShouldNotContain("Safari on iOS");
        one.Text.ShouldContain("Edge on Windows");
        AddSession(account, "Opera", "Windows");
        var all = await visitor.FollowAsync(await visitor.SubmitAsync("/app/security", "/app/security/sessions/end-others"));
        all.Text.ShouldContain("You are signed out everywhere else.");
        account.State.Sessions.ShouldBeEmpty();
        all.Text.ShouldNotContain("Sign out everywhere else");
    }

    [Fact]
    public async Task A_forgotten_device_is_asked_for_the_second_factor_again()
    {
        var account = stand.NewAccount();
        FakeApi.AddAuthenticator(account, "111111");
        using var visitor = await SignedInAsync(account, "111111", remember: true);
        var id = account.State.Devices.ShouldHaveSingleItem()["id"]!.GetValue<Guid>();

        (await visitor.FollowAsync(await visitor.SubmitAsync("/app/security", $"/app/security/devices/{id}/forget"))).Text.ShouldContain("Device forgotten.");
        await visitor.SubmitAsync("/app/security", "/app/signout");
        (await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email), ("password", account.Password))).Location.ShouldBe("/app/signin/verify");
    }

    [Fact]
    public async Task The_password_changes_with_the_current_one()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);

        var wrong = await visitor.SubmitAsync("/app/security/password", "/app/security/password", ("currentPassword", "guess"), ("newPassword", "another long password"));
        wrong.Status.ShouldBe(HttpStatusCode.BadRequest);
        wrong.Text.ShouldMatch("(?s)id=\"field-currentPassword-error\".*Wrong password\\.");
        wrong.Html.ShouldNotContain("another long password");
        var done = await visitor.SubmitAsync("/app/security/password", "/app/security/password", ("currentPassword", account.Password), ("newPassword", "another long password"));
        (await visitor.FollowAsync(done)).Text.ShouldContain("Password changed.");
        account.Password.ShouldBe("another long password");
    }

    [Fact]
    public async Task An_authenticator_app_is_set_up_with_QR_code_and_text_and_a_wrong_code_changes_neither()
    {
        var account = stand.NewAccount();
        account.State.TotpCode = "246810";
        using var visitor = await stand.VisitSignedInAsync(account);

        var begun = await visitor.SubmitAsync(App, App + "/setup");
        begun.Location.ShouldStartWith(App + "?setup=");
        var page = await visitor.GetAsync(begun.Location!);
        page.CacheControl.ShouldContain("no-store");
        page.Html.ShouldContain("src=\"data:image/png;base64,");
        page.Text.ShouldContain($"value=\"{account.State.TotpSecret}\"");
        page.Text.ShouldContain("href=\"otpauth://totp/LinkShort:");

        var wrong = await visitor.SubmitAsync(begun.Location!, App, ("Code", "000000"));
        wrong.Status.ShouldBe(HttpStatusCode.BadRequest);
        wrong.Text.ShouldContain("This code is wrong. Check that the phone's clock");
        wrong.Text.ShouldContain($"value=\"{account.State.TotpSecret}\"", Case.Sensitive, "the same secret, which the app already has");

        var refreshes = account.Refreshes;
        var done = await visitor.SubmitAsync(begun.Location!, App, ("Code", "246 810".Replace(" ", "", StringComparison.Ordinal)));
        done.Location.ShouldBe("/app/security/recovery-codes");
        account.Refreshes.ShouldBe(refreshes + 1, "the next tokens claim two factors");
        var codes = await visitor.FollowAsync(done);
        codes.CacheControl.ShouldContain("no-store");
        foreach (var code in account.State.RecoveryCodes)
        {
            codes.Text.ShouldContain($"<code>{code}</code>");
        }

        (await visitor.GetAsync("/app/security/recovery-codes")).Text.ShouldContain("Recovery codes are shown only once");
        (await visitor.GetAsync(begun.Location!)).Text.ShouldContain("That took too long", Case.Sensitive, "the secret is not kept");
    }

    [Fact]
    public async Task A_secret_that_is_being_set_up_is_shown_to_its_user_only()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        using var other = await stand.VisitSignedInAsync(stand.NewAccount());
        var begun = await visitor.SubmitAsync(App, App + "/setup");

        (await other.GetAsync(begun.Location!)).Text.ShouldNotContain(account.State.TotpSecret!);
    }

    [Fact]
    public async Task Recovery_codes_can_be_downloaded_without_script()
    {
        var account = stand.NewAccount();
        FakeApi.AddAuthenticator(account, "111111");
        using var visitor = await SignedInAsync(account, "111111");
        account.State.TotpCode = "222222";

        var made = await visitor.SubmitAsync("/app/security/recovery-codes/new", "/app/security/recovery-codes/new", ("password", account.Password), ("code", "222222"));
        var page = await visitor.FollowAsync(made);
        var file = await visitor.PostAsync("/app/security/recovery-codes/download", Visitor.HiddenFields(page.Html, "/app/security/recovery-codes/download"));

        file.Status.ShouldBe(HttpStatusCode.OK);
        file.Response.Content.Headers.ContentDisposition!.FileName.ShouldBe("linkshort-recovery-codes.txt");
        file.CacheControl.ShouldContain("no-store");
        account.State.RecoveryCodes.ShouldAllBe(code => file.Html.Contains(code));

        var crafted = Visitor.HiddenFields(page.Html, "/app/security/recovery-codes/download").Where(field => field.Name != "Codes").Append(("Codes", "<script>"));
        (await visitor.PostAsync("/app/security/recovery-codes/download", crafted)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Turning_off_the_app_requires_the_password_and_a_code()
    {
        var account = stand.NewAccount();
        FakeApi.AddAuthenticator(account, "111111");
        using var visitor = await SignedInAsync(account, "111111");
        account.State.TotpCode = "222222";

        (await visitor.SubmitAsync(App + "/off", App + "/off", ("password", "guess"), ("code", "222222"))).Text.ShouldMatch("(?s)id=\"field-password-error\".*Wrong password");
        (await visitor.SubmitAsync(App + "/off", App + "/off", ("password", account.Password), ("code", "000000"))).Text.ShouldMatch("(?s)id=\"field-code-error\"");
        account.State.TwoFactors.ShouldBeTrue();
        var off = await visitor.SubmitAsync(App + "/off", App + "/off", ("password", account.Password), ("code", "222222"));
        (await visitor.FollowAsync(off)).Text.ShouldContain("Authenticator app turned off.");
        account.State.TwoFactors.ShouldBeFalse();
    }

    [Fact]
    public async Task Passkeys_are_renamed_and_removed_and_those_of_others_are_not_found()
    {
        var account = stand.NewAccount();
        var id = AddPasskey(account, "Old laptop");
        using var visitor = await SignedInAsync(account, recoveryCode: true);

        (await visitor.SubmitAsync($"/app/security/passkeys/{id}", $"/app/security/passkeys/{id}", ("name", " "))).Text.ShouldMatch("(?s)id=\"field-name-error\".*required");
        await visitor.SubmitAsync($"/app/security/passkeys/{id}", $"/app/security/passkeys/{id}", ("name", "Work laptop"));
        (await visitor.GetAsync("/app/security")).Text.ShouldContain("Work laptop");
        (await visitor.GetAsync($"/app/security/passkeys/{Guid.CreateVersion7()}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.GetAsync($"/app/security/passkeys/{id}/remove")).Text.ShouldContain("Remove “Work laptop”?");
        (await visitor.FollowAsync(await visitor.SubmitAsync($"/app/security/passkeys/{id}/remove", $"/app/security/passkeys/{id}/remove"))).Text.ShouldContain("Passkey removed.");
        account.State.Passkeys.ShouldBeEmpty();
    }

    [Fact]
    public async Task Actions_that_require_a_confirmed_identity_lead_to_the_confirmation_and_continue_afterwards()
    {
        var account = stand.NewAccount();
        var id = AddPasskey(account, "Lost phone");
        using var visitor = await SignedInAsync(account, recoveryCode: true);
        account.State.IsRecent = false;

        var asked = await visitor.SubmitAsync($"/app/security/passkeys/{id}/remove", $"/app/security/passkeys/{id}/remove");
        asked.Location.ShouldStartWith("/app/confirm?step=");
        account.State.Passkeys.Count.ShouldBe(1);
        (await visitor.GetAsync(asked.Location!)).Text.ShouldContain("Confirm that it's you");

        var wrong = await visitor.SubmitAsync(asked.Location!, "/app/confirm", ("password", "guess"));
        wrong.Status.ShouldBe(HttpStatusCode.Unauthorized);
        wrong.Text.ShouldMatch("(?s)id=\"field-password-error\".*Wrong password\\.");
        var alone = await visitor.SubmitAsync(asked.Location!, "/app/confirm", ("password", account.Password));
        alone.Text.ShouldContain("Your account uses two-factor authentication", Case.Sensitive, "the password alone is not enough");
        var confirmed = await visitor.SubmitAsync(asked.Location!, "/app/confirm", ("password", account.Password), ("recoveryCode", account.State.RecoveryCodes[0]));
        confirmed.Location.ShouldStartWith("/app/confirm/resume?step=");

        var resume = await visitor.GetAsync(confirmed.Location!);
        resume.Text.ShouldContain($"action=\"/app/security/passkeys/{id}/remove\"");
        var done = await visitor.PostAsync($"/app/security/passkeys/{id}/remove", Visitor.HiddenFields(resume.Html, $"/app/security/passkeys/{id}/remove"));
        (await visitor.FollowAsync(done)).Text.ShouldContain("Passkey removed.");
        account.State.Passkeys.ShouldBeEmpty();
        (await visitor.GetAsync(confirmed.Location!)).Location.ShouldBe("/app/links", "once");
    }

    [Fact]
    public async Task A_page_that_requires_a_confirmed_identity_is_shown_afterwards_and_the_session_uses_the_new_tokens()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        account.State.IsRecent = false;

        var asked = await visitor.GetAsync("/app/security/passkeys/new");
        asked.Location.ShouldBe("/app/confirm?returnUrl=%2Fapp%2Fsecurity%2Fpasskeys%2Fnew");
        // The role has changed in the meantime: the confirmation's own token is refused, and renewed.
        stand.Api.RevokeAccess(account);
        (await visitor.SubmitAsync(asked.Location!, "/app/confirm", ("password", account.Password))).Location.ShouldBe("/app/security/passkeys/new");
        (await visitor.GetAsync("/app/security/passkeys/new")).Text.ShouldContain("Add passkey");
        (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK);
        account.FamilyRevoked.ShouldBeFalse();
    }

    [Fact]
    public async Task A_waiting_form_belongs_to_its_user_and_contains_no_password()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        using var other = await stand.VisitSignedInAsync(stand.NewAccount());
        Visitor reader = visitor;
        string location;
        using (stand.Api.Fail("POST", "/me/password", 403, "recent-sign-in-required", whose: account))
        {
            location = (await visitor.SubmitAsync("/app/security/password", "/app/security/password", ("currentPassword", "secret one"), ("newPassword", "secret two"))).Location!;
        }

        var step = Regex.Match(location, "step=([^&]+)").Groups[1].Value;
        (await other.GetAsync($"/app/confirm/resume?step={step}")).Location.ShouldBe("/app/links");
        // The other user's try consumed it: nothing is left to resubmit, and nothing was revealed.
        (await reader.GetAsync($"/app/confirm/resume?step={step}")).Location.ShouldBe("/app/links");

        using (stand.Api.Fail("POST", "/me/password", 403, "recent-sign-in-required", whose: account))
        {
            location = (await visitor.SubmitAsync("/app/security/password", "/app/security/password", ("currentPassword", "secret one"), ("newPassword", "secret two"))).Location!;
        }

        var confirmed = await visitor.SubmitAsync(location, "/app/confirm", ("password", account.Password));
        var resumed = await visitor.GetAsync(confirmed.Location!);
        resumed.Html.ShouldNotContain("secret");
        resumed.Location.ShouldNotBeNull("a form with secrets is filled in again, not resubmitted without them");
    }

    [Fact]
    public async Task A_workspaces_single_sign_on_leads_to_the_own_credentials_for_the_account_and_for_other_workspaces()
    {
        var account = stand.NewAccount();
        account.State.IsLimited = true;
        using var visitor = await stand.VisitSignedInAsync(account);
        var links = await visitor.GetAsync("/app/links");
        links.Text.ShouldContain("Confirm that it's you for your other workspaces");
        links.Html.ShouldContain("href=\"/app/confirm?returnUrl=%2Fapp%2Flinks&amp;own=true\"");

        var asked = await visitor.GetAsync("/app/security");
        asked.Location.ShouldBe("/app/confirm?returnUrl=%2Fapp%2Fsecurity&own=true");
        foreach (var page in new[]
        {
            await visitor.GetAsync(asked.Location!), await visitor.SubmitAsync(asked.Location!, "/app/confirm", ("password", "guess")),
        })
        {
            page.Text.ShouldContain("confirm with your own password or passkey");
            page.Html.ShouldContain("href=\"/app/forgot\"");
            page.Html.ShouldNotContain("/app/sso/again");
        }

        (await visitor.SubmitAsync(asked.Location!, "/app/confirm", ("password", account.Password))).Location.ShouldBe("/app/security");
        (await visitor.GetAsync("/app/security")).Text.ShouldContain("Where you are signed in");
        (await visitor.GetAsync("/app/links")).Text.ShouldNotContain("Confirm that it's you");
    }

    [Theory]
    [InlineData("/app/workspaces/new", "/app/workspaces", "name", "Another")]
    [InlineData("/app/security/email", "/app/security/email", "email", "new@example.com")]
    public async Task A_form_of_the_account_waits_for_the_own_credentials(string page, string action, string field, string value)
    {
        var account = stand.NewAccount();
        account.State.IsLimited = true;
        using var visitor = await stand.VisitSignedInAsync(account);
        var asked = await visitor.SubmitAsync(page, action, (field, value));
        asked.Location.ShouldStartWith("/app/confirm?step=");
        asked.Location.ShouldEndWith("&own=true");
        var confirmed = await visitor.SubmitAsync(asked.Location!, "/app/confirm", ("password", account.Password));
        var resume = await visitor.GetAsync(confirmed.Location!);
        var done = await visitor.PostAsync(action, Visitor.HiddenFields(resume.Html, action));
        (await visitor.FollowAsync(done)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Single_sign_on_again_uses_the_workspaces_provider_where_only_that_vouches_for_the_user()
    {
        var account = stand.NewAccount();
        account.State.IsLimited = true;
        using var visitor = await stand.VisitSignedInAsync(account);
        var again = await visitor.GetAsync("/app/sso/again?returnUrl=%2Fapp%2Fteam");
        again.Location!.ShouldMatch("^/app/sso/start\\?provider=[0-9a-f-]{36}&fresh=true&returnUrl=%2Fapp%2Fteam$");
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https:evil.example")]
    [InlineData("/abc1234")]
    public async Task The_confirmation_never_redirects_to_other_sites(string returnUrl)
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var page = "/app/confirm?returnUrl=" + Uri.EscapeDataString(returnUrl);
        (await visitor.GetAsync(page)).Html.ShouldNotContain($"href=\"{returnUrl}\"");
        (await visitor.SubmitAsync(page, "/app/confirm", ("password", account.Password))).Location.ShouldBe("/app/links");
    }

    [Fact]
    public async Task A_workspace_that_requires_two_factors_leads_to_the_setup_and_afterwards_opens()
    {
        var account = stand.NewAccount();
        account.State.TotpCode = "135790";
        using var visitor = await stand.VisitSignedInAsync(account);
        var team = stand.Api.AddTeam("Newsroom");
        stand.Api.Join(team, account, "member");
        team.RequireTwoFactor = true;

        var sent = await visitor.SubmitAsync("/app/links", $"/app/workspaces/{team.Id}/switch");
        sent.Location.ShouldStartWith("/app/security/required");
        var why = await visitor.GetAsync(sent.Location!);
        why.Text.ShouldContain("This workspace requires two-factor authentication");
        why.Text.ShouldContain("/app/security/authenticator?returnUrl=");
        var begun = await visitor.SubmitAsync(App + "?returnUrl=%2Fapp%2Flinks", App + "/setup");
        var codes = await visitor.FollowAsync(await visitor.SubmitAsync(begun.Location!, App, ("Code", "135790")));
        codes.Text.ShouldContain("href=\"/app/links\"", Case.Sensitive, "continues to the return URL");

        (await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", $"/app/workspaces/{team.Id}/switch"))).Text.ShouldContain("Switched to “Newsroom”.");
    }

    [Fact]
    public async Task A_user_with_a_second_factor_who_signed_in_without_it_is_asked_for_it()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        FakeApi.AddAuthenticator(account, "111111");

        (await visitor.GetAsync("/app/security/required?returnUrl=%2Fapp%2Flinks")).Text.ShouldContain("href=\"/app/confirm?returnUrl=%2Fapp%2Flinks\"");
    }

    [Theory]
    [InlineData("/app/security", "/me/2fa")]
    [InlineData("/app/security", "/me/sessions")]
    [InlineData("/app/settings", "/me")]
    [InlineData("/app/security/passkeys/new", "/me/passkeys/options")]
    [InlineData("/app/confirm", "/me/2fa")]
    public async Task While_identity_is_down_the_page_reports_it_and_offers_a_retry(string path, string api)
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        using (stand.Api.Fail("GET", api, 503, "unavailable", whose: account))
        using (stand.Api.Fail("POST", api, 503, "unavailable", whose: account))
        {
            var down = await visitor.GetAsync(path);
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Text.ShouldContain("Back in a moment");
            down.Text.ShouldContain($"href=\"{path}\"");
        }

        (await visitor.GetAsync(path)).Status.ShouldBe(HttpStatusCode.OK, "nobody was signed out");
    }

    [Fact]
    public async Task Settings_are_saved_and_applied_to_pages()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);

        var saved = await visitor.SubmitAsync("/app/settings", "/app/settings", ("name", "Mira O."), ("Locale", "de"), ("TimeZone", "Asia/Tokyo"), ("Theme", "dark"));
        var page = await visitor.FollowAsync(saved);

        (account.Name, account.Locale, account.State.TimeZone, account.State.Theme).ShouldBe(("Mira O.", "de", "Asia/Tokyo", "dark"));
        page.Html.ShouldContain("data-bs-theme=\"dark\"");
        page.Html.ShouldContain("data-time-zone=\"Asia/Tokyo\"");
        page.Text.ShouldContain("Mira O.");
        page.Text.ShouldContain("value=\"(UTC+09:00) Tokyo\"");
        page.Text.ShouldMatch("<option value=\"\\(UTC-0[34]:00\\) Halifax\">");
        var link = stand.Api.AddLink(account, $"t-{Guid.NewGuid():N}"[..12], "https://example.com/");
        await visitor.GetAsync($"/app/links/{link.Id}?range=30d");
        stand.Api.Calls.ShouldContain(call => call.Path.Contains($"{link.Id}/analytics") && call.Query.Contains("Asia%2FTokyo"));

        var wrong = await visitor.SubmitAsync("/app/settings", "/app/settings", ("name", "X"), ("Locale", "de"), ("TimeZone", "Nowhere"));
        wrong.Status.ShouldBe(HttpStatusCode.BadRequest);
        wrong.Text.ShouldMatch("(?s)id=\"field-timeZone-error\".*IANA");
        // By the city alone, and by a name with an offset of another season.
        foreach (var (typed, zone) in new[] { ("berlin", "Europe/Berlin"), ("(UTC+07:00) New York", "America/New_York"), ("Louisville", "America/Kentucky/Louisville"), ("US/Eastern", "US/Eastern"), ("utc", "UTC") })
        {
            await visitor.SubmitAsync("/app/settings", "/app/settings", ("name", "Mira O."), ("Locale", "de"), ("TimeZone", typed), ("Theme", ""));
            account.State.TimeZone.ShouldBe(zone);
            (await visitor.SubmitAsync("/app/settings", "/app/settings", ("name", "Mira O."), ("Locale", "de"), ("TimeZone", LinkShort.Web.Layout.Zones.NameOf(zone, TimeProvider.System.GetUtcNow())))).Location.ShouldBe("/app/settings");
            account.State.TimeZone.ShouldBe(zone, "the shown name is found again");
        }

        await visitor.SubmitAsync("/app/settings", "/app/settings", ("name", ""), ("Locale", "en"), ("TimeZone", ""), ("Theme", ""));
        (account.Name, account.State.TimeZone, account.State.Theme).ShouldBe((null, null, null));
        (await visitor.GetAsync("/app/settings")).Html.ShouldNotContain("data-bs-theme=\"dark\"");
    }

    [Fact]
    public async Task The_browsers_name_is_sent_to_the_api_so_that_users_recognise_their_sessions()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/settings");
        request.Headers.UserAgent.ParseAdd("Planted/1.0 (browser)");
        await visitor.SendAsync(request);

        stand.Api.Calls.ShouldContain(call => call.UserAgent == "Planted/1.0 (browser)");
    }

    private static Guid AddSession(FakeApi.Account account, string browser, string os)
    {
        var id = Guid.CreateVersion7();
        account.State.Sessions.Add(new JsonObject
        {
            ["id"] = id, ["current"] = false, ["methods"] = new JsonArray("pwd"), ["browser"] = browser, ["os"] = os, ["device"] = "mobile",
            ["network"] = "198.51.100.0/24", ["country"] = "US", ["city"] = null,
            ["createdAt"] = TimeProvider.System.GetUtcNow().AddDays(-4), ["lastUsedAt"] = TimeProvider.System.GetUtcNow().AddHours(-7),
        });
        return id;
    }

    private static Guid AddPasskey(FakeApi.Account account, string name)
    {
        var id = Guid.CreateVersion7();
        account.State.Passkeys.Add(new JsonObject
        {
            ["id"] = id, ["credentialId"] = "AAAA", ["name"] = name, ["backedUp"] = true, ["createdAt"] = TimeProvider.System.GetUtcNow().AddDays(-20), ["lastUsedAt"] = null,
        });
        account.State.RecoveryCodes.AddRange(FakeApi.TenCodes());
        return id;
    }

    private async Task<Visitor> SignedInAsync(FakeApi.Account account, string? code = null, bool recoveryCode = false, bool remember = false)
    {
        var visitor = stand.Visit();
        await visitor.SubmitAsync("/app/signin", "/app/signin", ("email", account.Email), ("password", account.Password));
        (await visitor.SubmitAsync(
            "/app/signin/verify", "/app/signin/verify",
            recoveryCode ? ("RecoveryCode", account.State.RecoveryCodes[^1]) : ("Code", code!), ("Remember", remember ? "true" : "false"))).Location.ShouldBe("/app/links");
        return visitor;
    }
}
