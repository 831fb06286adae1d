using System.Text.Json.Nodes;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The account pages fit their window, violate no content security policy, and axe finds nothing, in light and dark.</summary>
[Collection(nameof(Looks))]
public sealed class AccountLookTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData(1280)]
    [InlineData(375)]
    public async Task Every_page_for_accounts_fits_and_is_accessible(int width)
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        var token = stand.Api.MailToken(account);
        await using var tab = await browser.OpenAsync(stand.Web.Address, width);
        var page = tab.Page;

        await ShowAsync("/app/signup", "signup");
        await ShowAsync("/app/signin", "signin");
        await ShowAsync("/app/forgot", "forgot");
        await ShowAsync($"/app/reset?token={token}", "reset");
        await ShowAsync("/app/reset", "reset-broken");
        await ShowAsync($"/app/verify?token={token}", "verify");
        await ShowAsync($"/app/email-change?token={token}", "email-change");

        FakeApi.AddAuthenticator(account, "111111");
        account.EmailVerified = false;
        account.State.Onboarding = "open";
        AddMore(account);
        await page.GotoAsync("/app/signin");
        await page.GetByLabel("Email").FillAsync(account.Email);
        await page.GetByLabel("Password").FillAsync(account.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GetByLabel("Code from your authenticator app").FillAsync("000000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Alert).First.WaitForAsync();
        await LookAsync("second-step");
        await page.GetByLabel("Code from your authenticator app").FillAsync("111111");
        await page.GetByLabel("Remember this device").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync("**/app/links");
        await LookAsync("links-tour");
        await ShowAsync("/", "home-tour");
        await ShowAsync("/app/security", "security");
        await page.GetByRole(AriaRole.Button, new() { Name = "Your account" }).ClickAsync();
        await LookAsync("menu", whole: false);
        account.EmailVerified = true;
        await ShowAsync("/app/settings", "settings");
        await ShowAsync("/app/security/password", "password");
        await ShowAsync("/app/security/email", "email");
        await ShowAsync("/app/security/authenticator/off", "authenticator-off");
        await ShowAsync("/app/security/recovery-codes/new", "codes-new");
        await ShowAsync("/app/security/passkeys/new", "passkey-new");
        await ShowAsync($"/app/security/passkeys/{account.State.Passkeys[0]["id"]}", "passkey-rename");
        await ShowAsync($"/app/security/passkeys/{account.State.Passkeys[0]["id"]}/remove", "passkey-remove");
        await ShowAsync("/app/confirm", "confirm");
        await ShowAsync("/app/security/required", "required-have");

        account.State.TotpSince = null;
        account.State.Passkeys.Clear();
        account.State.TotpCode = "222222";
        await ShowAsync("/app/security", "security-bare");
        await ShowAsync("/app/security/required", "required");
        await ShowAsync("/app/security/authenticator", "authenticator");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start setup" }).ClickAsync();
        await page.GetByLabel("Code", new() { Exact = true }).WaitForAsync();
        await LookAsync("authenticator-scan");
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync("222222");
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        await page.GetByText("they won't be shown again").WaitForAsync();
        await LookAsync("codes");
        tab.Findings.ShouldBeEmpty();

        async Task ShowAsync(string path, string name)
        {
            await page.GotoAsync(path);
            await LookAsync(name);
        }

        Task LookAsync(string name, bool whole = true) => tab.LookAsync($"account-{name}", whole);
    }

    private static void AddMore(FakeApi.Account account)
    {
        foreach (var (name, backedUp) in new[] { ("Work laptop", false), ("Mira's phone with a rather long name that somebody chose", true) })
        {
            account.State.Passkeys.Add(new JsonObject
            {
                ["id"] = Guid.CreateVersion7(), ["credentialId"] = "AAAA", ["name"] = name, ["backedUp"] = backedUp,
                ["createdAt"] = TimeProvider.System.GetUtcNow().AddDays(-20), ["lastUsedAt"] = backedUp ? TimeProvider.System.GetUtcNow().AddHours(-3) : null,
            });
        }

        foreach (var (browser, os, country, city) in new[] { ("Safari", "iOS", "DE", "Hamburg"), ("Edge", "Windows", "US", (string?)null), (null, null, null, null) })
        {
            account.State.Sessions.Add(new JsonObject
            {
                ["id"] = Guid.CreateVersion7(), ["current"] = false, ["methods"] = new JsonArray("pwd", "otp", "mfa"), ["browser"] = browser, ["os"] = os, ["device"] = "mobile",
                ["network"] = "198.51.100.0/24", ["country"] = country, ["city"] = city,
                ["createdAt"] = TimeProvider.System.GetUtcNow().AddDays(-4), ["lastUsedAt"] = TimeProvider.System.GetUtcNow().AddHours(-7),
            });
        }
    }
}
