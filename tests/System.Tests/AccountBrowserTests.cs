using LinkShort.Testing;
using Microsoft.Playwright;

namespace LinkShort.SystemTests;

/// <summary>Securing an account in a browser, against the whole system: the pages and identity's API match.</summary>
public sealed class AccountBrowserTests(WholeSystem system, ChromiumFixture chromium)
{
    [Fact]
    public async Task An_app_and_a_passkey_are_added_and_sign_in_and_the_first_steps_are_counted()
    {
        // By name: a passkey belongs to a host name, not to an IP address.
        var address = new UriBuilder(system.Gateway) { Host = "localhost" }.Uri.AbsoluteUri;
        await using var context = await chromium.NewContextAsync(new BrowserNewContextOptions { BaseURL = address });
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            // Chromium itself logs the 401 of a wrong code.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                complaints.Add($"{page.Url}: {message.Text}");
            }
        };
        var devTools = await context.NewCDPSessionAsync(page);
        await devTools.SendAsync("WebAuthn.enable");
        await devTools.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2", ["transport"] = "internal", ["hasResidentKey"] = true, ["hasUserVerification"] = true, ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
        // Without suggestions of passkeys: a virtual authenticator accepts the first one at once.
        await page.AddInitScriptAsync("PublicKeyCredential.isConditionalMediationAvailable = async () => false");

        var email = $"protected-{Guid.NewGuid():N}@example.com";
        await page.GotoAsync("/app/signup");
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(email);
        await page.GetByLabel("Password").FillAsync(LinkShortClient.Password);
        await page.GetByLabel("I accept the terms of use").CheckAsync();
        await page.GetByLabel("I have read the privacy notice").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await page.WaitForURLAsync("**/app/links");
        // Web renders a page without the first steps when identity does not answer in time.
        await Eventually.PassesAsync(async () =>
        {
            await page.ReloadAsync();
            (await page.GetByText("0 of 4 done").IsVisibleAsync()).ShouldBeTrue();
        });
        await page.GetByText("Confirm your email address: we sent an email to").WaitForAsync();

        // The app.
        await page.GotoAsync("/app/security/authenticator");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start setup" }).ClickAsync();
        var secret = await page.GetByLabel("Secret", new() { Exact = true }).InputValueAsync();
        (await page.Locator("img.qr").EvaluateAsync<int>("image => image.naturalWidth")).ShouldBeGreaterThan(100);
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync("000000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        await page.GetByText("This code is wrong.").WaitForAsync();
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync(Totp.CodeOf(secret, 0));
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        await page.GetByText("they won't be shown again").WaitForAsync();
        var recovery = await page.Locator(".codes code").First.InnerTextAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "I've saved them" }).ClickAsync();
        await page.GetByText("this device", new() { Exact = true }).WaitForAsync();
        await page.GetByText("Chrome").First.WaitForAsync();

        // The passkey.
        await page.GetByRole(AriaRole.Link, new() { Name = "Add passkey" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync("This laptop");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add passkey" }).ClickAsync();
        await page.GetByText("Passkey “This laptop” added.").WaitForAsync();
        await SignOutAsync();

        // Signing in again: with the app's next code, remembered; with the password alone; with the passkey; with a recovery code elsewhere.
        await SignInAsync();
        await page.WaitForURLAsync("**/app/signin/verify");
        await page.GetByLabel("Code from your authenticator app").FillAsync(Totp.CodeOf(secret, 1));
        await page.GetByLabel("Remember this device").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync("**/app/links");
        await page.GetByText("1 of 4 done").WaitForAsync();
        await SignOutAsync();
        await SignInAsync();
        await page.WaitForURLAsync("**/app/links");
        await SignOutAsync();
        await page.GotoAsync("/app/signin?returnUrl=%2Fapp%2Fsettings");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await page.WaitForURLAsync("**/app/settings");
        await page.GetByLabel("Name").FillAsync("Ada");
        await page.GetByRole(AriaRole.Radio, new() { Name = "Dark" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GetByText("Settings saved.").WaitForAsync();
        (await page.Locator("html").GetAttributeAsync("data-bs-theme")).ShouldBe("dark");

        await using var elsewhere = await chromium.NewContextAsync(new BrowserNewContextOptions { BaseURL = address, JavaScriptEnabled = false });
        var phone = await elsewhere.NewPageAsync();
        await phone.GotoAsync("/app/signin");
        await phone.GetByLabel("Email", new() { Exact = true }).FillAsync(email);
        await phone.GetByLabel("Password").FillAsync(LinkShortClient.Password);
        await phone.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await phone.GetByText("Use a recovery code").ClickAsync();
        await phone.GetByLabel("Recovery code", new() { Exact = true }).FillAsync(recovery.ToLowerInvariant());
        await phone.GetByRole(AriaRole.Button, new() { Name = "Sign in with recovery code" }).ClickAsync();
        await phone.WaitForURLAsync("**/app/links");

        // A session that is ended here can't open the next page there.
        await page.GotoAsync("/app/security");
        await page.GetByText("9 of 10 left").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere else" }).ClickAsync();
        await page.GetByText("You are signed out everywhere else.").WaitForAsync();
        await phone.GotoAsync("/app/links");
        await phone.WaitForURLAsync("**/app/signin**");
        complaints.ShouldBeEmpty();

        async Task SignInAsync()
        {
            await page.GotoAsync("/app/signin");
            await page.GetByLabel("Email", new() { Exact = true }).FillAsync(email);
            await page.GetByLabel("Password").FillAsync(LinkShortClient.Password);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        }

        async Task SignOutAsync()
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Your account" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
            await page.GetByText("You are signed out.").WaitForAsync();
        }
    }

    /// <summary>RFC 6238, as authenticator apps do it.</summary>
    /// <param name="ahead">Steps of 30 seconds from now, because each code works once and the test doesn't wait for the next one.</param>
}
