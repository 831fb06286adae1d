using System.Net;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>Single sign-on and its configuration.</summary>
[Collection(nameof(Journeys))]
public sealed class SsoTests(WebStand stand, Browser browser)
{
    [Fact]
    public async Task The_sign_in_page_leads_to_the_providers_and_to_the_users_organisation()
    {
        using var visitor = stand.Visit();
        var page = await visitor.GetAsync("/app/signin?returnUrl=/app/settings/keys");
        page.Text.ShouldContain("Continue with Google");
        page.Text.ShouldContain("Sign in with your organisation");
        var start = await visitor.GetAsync("/app/sso/start?provider=google&returnUrl=/app/settings/keys");
        start.Status.ShouldBe(HttpStatusCode.Redirect);
        start.Location.ShouldStartWith(stand.Api.Address + "/provider?state=");
        var cookie = visitor.Cookies["linkshort-sso"]!;
        cookie.HttpOnly.ShouldBeTrue();
        cookie.Value.Length.ShouldBe(43);

        // Returning in another browser is refused.
        stand.Api.SsoPerson = stand.NewAccount();
        var state = StateOf(start);
        using var stranger = stand.Visit();
        var refused = await stranger.GetAsync($"/app/sso/callback/google?code=c&state={state}");
        refused.Status.ShouldBe(HttpStatusCode.Unauthorized);
        refused.Text.ShouldContain("started in another browser");
        stranger.SetCookie("linkshort-sso", new string('a', 43));
        (await stranger.GetAsync($"/app/sso/callback/google?code=c&state={state}")).Status.ShouldBe(HttpStatusCode.Unauthorized);

        var back = await visitor.GetAsync($"/app/sso/callback/google?code=c&state={state}&iss=here");
        back.Location.ShouldBe("/app/settings/keys");
        (await visitor.GetAsync("/app/settings/keys")).Status.ShouldBe(HttpStatusCode.OK);
        (await visitor.GetAsync($"/app/sso/callback/google?code=c&state={state}")).Status.ShouldBe(HttpStatusCode.Unauthorized, "once");
    }

    [Fact]
    public async Task Signing_in_never_redirects_to_another_site()
    {
        stand.Api.SsoPerson = stand.NewAccount();
        foreach (var evil in new[] { "https://evil.example", "//evil.example", "/\\evil.example", "/abc1234" })
        {
            using var visitor = stand.Visit();
            var start = await visitor.GetAsync("/app/sso/start?provider=google&returnUrl=" + Uri.EscapeDataString(evil));
            var state = StateOf(start);
            (await visitor.GetAsync($"/app/sso/callback/google?code=c&state={state}")).Location.ShouldBe("/app/links");
        }
    }

    [Fact]
    public async Task Each_failure_explains_what_happened_and_how_to_continue()
    {
        foreach (var (status, slug, members, expected) in new[]
        {
            (401, "sso-failed", "\"reason\":\"denied\"", "The provider denied the sign-in"),
            (401, "sso-failed", "\"reason\":\"token\",\"detail\":\"The ID token was refused: <b>.\"", "can't be trusted"),
            (403, "sso-not-allowed", "\"reason\":\"emailNotVerified\"", "verified your email address"),
            (403, "sso-not-allowed", "\"reason\":\"domainNotProven\"", "not in a domain"),
            (403, "sso-not-allowed", "\"reason\":\"notAMember\"", "by invitation only"),
            (403, "sso-required", "\"signInUrl\":\"https://links.example.com/app/sso/start?email=a%40corp.example\"", "/app/sso/start?email=a%40corp.example"),
            (409, "sso-account-exists", "", "/app/forgot"),
            (503, "sso-unavailable", "", "can't be reached"),
        })
        {
            using var visitor = stand.Visit();
            var start = await visitor.GetAsync("/app/sso/start?provider=google");
            var state = StateOf(start);
            using (stand.Api.Fail("POST", "/auth/sso/callback", status, slug, members))
            {
                var shown = await visitor.GetAsync($"/app/sso/callback/google?code=c&state={state}");
                ((int)shown.Status).ShouldBe(status);
                shown.Text.ShouldContain(expected);
                shown.Html.ShouldNotContain("<b>");
            }
        }
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(375)]
    public async Task A_user_signs_in_by_their_work_address_although_forms_may_not_lead_to_other_sites(int width)
    {
        var account = stand.NewAccount();
        (stand.Api.SsoPerson, stand.Api.SsoCallback) = (account, stand.Web.Address);
        await using var tab = await browser.OpenAsync(stand.Web.Address, width);
        await tab.Page.GotoAsync("/app/signin");
        await tab.ShotAsync($"sso-signin-{width}");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with your organisation" }).ClickAsync();
        await tab.Page.GetByLabel("Work email").FillAsync("somebody@elsewhere.example");
        await tab.Page.Keyboard.PressAsync("Enter");
        await tab.Page.GetByText("No organisation has set up single sign-on").WaitForAsync();
        await tab.ShotAsync($"sso-unknown-{width}");
        await tab.Page.GetByLabel("Work email").FillAsync("mira@" + FakeApi.SsoDomain);
        await tab.Page.Keyboard.PressAsync("Enter");
        await tab.Page.WaitForURLAsync("**/app/links");
        (await tab.Page.ContentAsync()).ShouldContain("Links");
    }

    [Fact]
    public async Task The_second_factor_follows_if_the_account_has_one()
    {
        var account = stand.NewAccount();
        FakeApi.AddAuthenticator(account, "123456");
        stand.Api.SsoPerson = account;
        using var visitor = stand.Visit();
        var start = await visitor.GetAsync("/app/sso/start?provider=google&returnUrl=/app/settings/keys");
        var state = StateOf(start);
        (await visitor.GetAsync($"/app/sso/callback/google?code=c&state={state}")).Location.ShouldBe("/app/signin/verify");
        (await visitor.SubmitAsync("/app/signin/verify", "/app/signin/verify", ("Code", "123456"))).Location.ShouldBe("/app/settings/keys");
    }

    [Fact]
    public async Task A_provider_is_connected_and_disconnected()
    {
        var account = stand.NewAccount();
        stand.Api.SsoCallback = stand.Web.Address;
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GotoAsync("/app/security");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Other ways to sign in" }).ClickAsync();
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Connect Google" }).ClickAsync();
        await tab.Page.GetByText("Google connected.").WaitForAsync();
        await tab.ShotAsync("sso-connections");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Disconnect Google" }).ClickAsync();
        await tab.Page.GetByText("Disconnected.").WaitForAsync();
        account.State.Linked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("google", "", "", "https://accounts.google.com")]
    [InlineData("entra", "Tenant", "7f1a2b3c-0000-4000-8000-000000000002", "https://login.microsoftonline.com/7f1a2b3c-0000-4000-8000-000000000002/v2.0")]
    [InlineData("entra", "Tenant", "contoso.com", "https://login.microsoftonline.com/7f1a2b3c-0000-4000-8000-000000000001/v2.0")]
    [InlineData("okta", "OktaDomain", "https://corp.okta.com/app/UserHome", "https://corp.okta.com")]
    [InlineData("keycloak", "Server", "id.corp.example/auth/", "https://id.corp.example/auth/realms/main")]
    [InlineData("other", "Issuer", " https://login.corp.example ", "https://login.corp.example")]
    public async Task A_preset_makes_the_issuer_and_is_recognised_again(string preset, string field, string value, string issuer)
    {
        var account = stand.NewAccount();
        var team = stand.Api.AddTeam("Corp", (account, "owner"));
        using var visitor = await stand.VisitSignedInAsync(account);
        (string, string)[] form = [("Preset", preset), (field, value), ("Realm", "main"), ("ClientId", "linkshort"), ("DefaultRole", "member")];

        // Without script, the test shows the page again with what was typed, and saves nothing.
        var tested = await visitor.PostAsync("/app/workspace/sso/test", [.. Visitor.HiddenFields((await visitor.GetAsync("/app/workspace/sso")).Html, "/app/workspace/sso"), .. form]);
        tested.Text.ShouldContain("The provider can be used.");
        tested.Html.ShouldContain("value=\"linkshort\"");
        (await visitor.GetAsync("/app/workspace/sso")).Html.ShouldNotContain("value=\"linkshort\"");

        (await visitor.SubmitAsync("/app/workspace/sso", "/app/workspace/sso", form)).Location.ShouldBe("/app/workspace/sso");
        stand.Api.SsoConnectionOf(team)!["issuer"]!.GetValue<string>().ShouldBe(issuer);
        (await visitor.GetAsync("/app/workspace/sso")).Html.ShouldContain($"value=\"{preset}\" checked");
    }

    [Fact]
    public async Task Errors_of_the_issuer_are_at_the_field_it_is_made_from()
    {
        var account = stand.NewAccount();
        stand.Api.AddTeam("Corp", (account, "owner"));
        using var visitor = await stand.VisitSignedInAsync(account);

        var wrong = await visitor.PostAsync("/app/workspace/sso/test", [.. Visitor.HiddenFields((await visitor.GetAsync("/app/workspace/sso")).Html, "/app/workspace/sso"), ("Preset", "okta"), ("OktaDomain", "")]);

        wrong.Status.ShouldBe(HttpStatusCode.BadRequest);
        wrong.Text.ShouldMatch("(?s)id=\"field-oktaDomain-error\".*Must be the provider's https URL");
    }

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(375, ColorScheme.Dark)]
    public async Task An_owner_sets_up_single_sign_on_verifies_a_domain_and_requires_it(int width, ColorScheme theme)
    {
        var account = stand.NewAccount();
        var team = stand.Api.AddTeam("Corp", (account, "owner"));
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, theme: theme);
        await tab.SignInAsync(account.Email, account.Password);
        var page = tab.Page;
        await page.GotoAsync("/app/workspace/sso");

        // A preset asks for what an administrator knows, and the provider is tried out before anything is saved.
        await page.Locator(".segment", new() { HasTextString = "Microsoft Entra" }).ClickAsync();
        (await page.GetByLabel("Okta domain").IsVisibleAsync()).ShouldBeFalse();
        await page.GetByLabel("Client secret").FillAsync("hush-hush");
        await page.GetByLabel("Tenant").FillAsync("down.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test provider" }).ClickAsync();
        await page.GetByText("The provider can't be used like this.").WaitForAsync();
        await page.GetByText("The provider can't be reached").WaitForAsync();
        await page.GetByLabel("Tenant").FillAsync("contoso.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test provider" }).ClickAsync();
        await page.GetByText("The provider can be used.").WaitForAsync();
        (await page.GetByLabel("Client secret").InputValueAsync()).ShouldBe("hush-hush");
        await tab.ShotAsync($"sso-tested-{width}");
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width);
        (await tab.AxeFindingsAsync()).ShouldBeEmpty();

        await page.Locator(".segment", new() { HasTextString = "Other" }).ClickAsync();
        await page.GetByLabel("Issuer").FillAsync("https://login.corp.example");
        await page.GetByLabel("Client ID").FillAsync("linkshort");
        await page.GetByLabel("Client secret").FillAsync("hush-hush");
        await page.GetByText("Roles by group").ClickAsync();
        await page.GetByLabel("Claim with the groups").FillAsync("groups");
        await page.GetByLabel("Role by group, one per line").FillAsync("admins");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GetByText("is not in the form").WaitForAsync();
        (await page.GetByLabel("Issuer").InputValueAsync()).ShouldBe("https://login.corp.example");
        await page.GetByLabel("Role by group, one per line").FillAsync("admins = admin\ncn=staff,dc=corp = member");
        await page.GetByLabel("Client secret").FillAsync("hush-hush");
        await page.GetByLabel("Require single sign-on").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GetByText("Verify a domain first.").WaitForAsync();
        await page.GetByLabel("Add a domain").FillAsync("corp.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add domain" }).ClickAsync();
        await page.GetByLabel("Record value").WaitForAsync();
        await tab.ShotAsync($"sso-settings-{width}");
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width);
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify corp.example" }).ClickAsync();
        await page.GetByText("corp.example verified.").WaitForAsync();

        // The page was shown again: nothing was saved.
        await page.Locator(".segment", new() { HasTextString = "Other" }).ClickAsync();
        await page.GetByLabel("Issuer").FillAsync("https://login.corp.example");
        await page.GetByLabel("Client ID").FillAsync("linkshort");
        await page.GetByLabel("Client secret").FillAsync("hush-hush");
        await page.GetByText("Roles by group").ClickAsync();
        await page.GetByLabel("Claim with the groups").FillAsync("groups");
        await page.GetByLabel("Role by group, one per line").FillAsync("admins = admin\ncn=staff,dc=corp = member");
        await page.GetByLabel("Require single sign-on").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GetByText("Single sign-on saved.").WaitForAsync();
        var saved = stand.Api.SsoConnectionOf(team)!;
        saved["enforced"]!.GetValue<bool>().ShouldBeTrue();
        saved["justInTime"]!.GetValue<bool>().ShouldBeTrue();
        saved["clientSecret"]!.GetValue<string>().ShouldBe("hush-hush");
        saved["roles"]!["cn=staff,dc=corp"]!.GetValue<string>().ShouldBe("member");
        (await page.ContentAsync()).ShouldNotContain("hush-hush");
        await tab.ShotAsync($"sso-required-{width}");
        // If left empty, the secret is kept.
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GetByText("Single sign-on saved.").WaitForAsync();
        await page.GetByText("Remove single sign-on").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove provider" }).ClickAsync();
        await page.GetByText("Single sign-on removed.").WaitForAsync();
        stand.Api.SsoConnectionOf(team).ShouldBeNull();
    }

    [Fact]
    public async Task Admins_see_the_settings_and_owners_change_them()
    {
        var account = stand.NewAccount();
        foreach (var (role, status) in new[] { ("member", HttpStatusCode.Forbidden), ("admin", HttpStatusCode.OK) })
        {
            _ = stand.Api.AddTeam("Corp of " + role, (account, role));
            using var visitor = await stand.VisitSignedInAsync(account);
            var shown = await visitor.GetAsync("/app/workspace/sso");
            shown.Status.ShouldBe(status);
            shown.Html.ShouldNotContain("name=\"ClientSecret\"");
            shown.Html.ShouldNotContain("action=\"/app/workspace/sso\"");
        }
    }

    private static string StateOf(Shown start)
    {
        start.Location.ShouldNotBeNull(start.Html);
        return start.Location[(start.Location.IndexOf("state=", StringComparison.Ordinal) + 6)..];
    }
}
