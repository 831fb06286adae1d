using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>Passkeys in Chromium with a virtual authenticator: what the pages' script does. Identity's tests cover signatures.</summary>
[Collection(nameof(Journeys))]
public sealed class PasskeyPageTests(WebStand stand, Browser browser)
{
    [Fact]
    public async Task A_passkey_is_created_signs_in_alone_and_is_the_second_factor_after_a_password()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await AddAuthenticatorAsync(page);
        // A browser without suggestions: a virtual authenticator accepts the first suggestion immediately.
        await page.AddInitScriptAsync("PublicKeyCredential.isConditionalMediationAvailable = async () => false");
        await tab.SignInAsync(account.Email, account.Password);

        await page.GotoAsync("/app/security");
        await page.GetByRole(AriaRole.Link, new() { Name = "Add passkey" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync("Work laptop");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add passkey" }).ClickAsync();
        await page.GetByText("they won't be shown again").WaitForAsync();
        (await page.Locator(".codes code").CountAsync()).ShouldBe(10);
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy" }).ClickAsync();
        await page.GetByText("Copied").First.WaitForAsync();
        (await page.EvaluateAsync<string>("() => navigator.clipboard.readText()")).Split('\n').ShouldBe(account.State.RecoveryCodes);
        await tab.ShotAsync("codes");
        await page.GetByRole(AriaRole.Link, new() { Name = "I've saved them" }).ClickAsync();
        await page.GetByText("Work laptop").WaitForAsync();
        await tab.SignOutAsync();

        // Alone, from the keyboard.
        await page.GotoAsync("/app/signin?returnUrl=%2Fapp%2Fsecurity");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/app/security");
        await page.Locator(".key-facts").GetByText(account.Email).WaitForAsync();
        await tab.SignOutAsync();

        // After the password.
        await page.GotoAsync("/app/signin");
        await page.GetByLabel("Email").FillAsync(account.Email);
        await page.GetByLabel("Password").FillAsync(account.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/app/signin/verify");
        await tab.ShotAsync("second-step-passkey");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();
        await page.WaitForURLAsync("**/app/links");

        // And for a confirmation of identity; the waiting form is resubmitted by itself.
        account.State.IsRecent = false;
        await page.GotoAsync("/app/security");
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove Work laptop" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove passkey" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Confirm that it's you" }).WaitForAsync();
        await tab.ShotAsync("confirm-passkey");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();
        await page.GetByText("Passkey removed.").WaitForAsync();
        account.State.Passkeys.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_address_field_offers_passkeys_and_choosing_one_signs_in_without_a_press()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await AddAuthenticatorAsync(page);
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync("/app/security/passkeys/new");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add passkey" }).ClickAsync();
        await page.GetByText("they won't be shown again").WaitForAsync();
        await tab.SignOutAsync();

        using (var visitor = stand.Visit())
        {
            (await visitor.GetAsync("/app/signin")).Html.ShouldContain("autocomplete=\"username webauthn\"");
        }

        // Conditional mediation: the browser waits with its suggestions. A virtual authenticator accepts the first one immediately.
        await page.GotoAsync("/app/signin", new() { WaitUntil = WaitUntilState.Commit });
        await page.WaitForURLAsync("**/app/links");
        account.State.Methods.ShouldContain("pop");
    }

    [Fact]
    public async Task Without_a_passkey_on_the_device_the_page_explains_it_and_the_password_still_works()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await AddAuthenticatorAsync(page);
        await page.GotoAsync("/app/signin");
        using (stand.Api.Fail("POST", "/auth/passkey/options", 503, "unavailable"))
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
            await page.GetByText("No response. Try again in a moment.").WaitForAsync();
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await page.GetByText("No passkey was used.").WaitForAsync();
        await tab.ShotAsync("signin-no-passkey");
        await page.GetByLabel("Email").FillAsync(account.Email);
        await page.GetByLabel("Password").FillAsync(account.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/app/links");
    }

    [Fact]
    public async Task Without_script_everything_but_passkeys_works()
    {
        var account = stand.NewAccount();
        account.State.TotpCode = "246810";
        account.State.Onboarding = "open";
        await using var tab = await browser.OpenAsync(stand.Web.Address, script: false);
        var page = tab.Page;
        await page.GotoAsync("/app/signin");
        (await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).IsVisibleAsync()).ShouldBeFalse();
        await tab.SignInAsync(account.Email, account.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Don't show again" }).ClickAsync();
        await page.GetByText("Get started").WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        account.State.Onboarding.ShouldBe("dismissed");

        account.State.IsRecent = false;
        await page.GetByRole(AriaRole.Button, new() { Name = "Your account" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Security" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Set up" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start setup" }).ClickAsync();
        await page.GetByLabel("Password").FillAsync(account.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync("246810");
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        (await page.Locator(".codes code").CountAsync()).ShouldBe(10);
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Download" }).ClickAsync());
        (await File.ReadAllTextAsync(await download.PathAsync())).ShouldContain(account.State.RecoveryCodes[9]);
    }

    [Fact]
    public async Task A_user_takes_the_tour_and_sets_up_the_app_by_keyboard_alone()
    {
        var account = stand.NewAccount();
        account.State.TotpCode = "246810";
        account.State.Onboarding = "open";
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await TabToAsync("Turn on two-factor authentication");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/app/security");
        await TabToAsync("Set up");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/app/security/authenticator");
        await TabToAsync("Start setup");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/app/security/authenticator?setup=**");
        await TabToFieldAsync("code");
        await page.Keyboard.TypeAsync("246810");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("they won't be shown again").WaitForAsync();
        await TabToAsync("I've saved them");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/app/security");
        account.State.TwoFactors.ShouldBeTrue();

        // The user menu: Enter opens it, Escape closes it and returns the focus.
        await page.GetByRole(AriaRole.Button, new() { Name = "Your account" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Link, new() { Name = "Keyboard shortcuts" }).WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Link, new() { Name = "Keyboard shortcuts" }).WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        (await FocusedAsync()).ShouldStartWith("Your account");

        async Task TabToAsync(string name) => await TabUntilAsync(async () => await FocusedAsync() == name, name);

        async Task TabToFieldAsync(string name) =>
            await TabUntilAsync(() => page.EvaluateAsync<bool>("name => document.activeElement?.getAttribute('name') === name", name), name);

        async Task TabUntilAsync(Func<Task<bool>> reached, string name)
        {
            for (var i = 0; i < 60; i++)
            {
                await page.Keyboard.PressAsync("Tab");
                if (await reached())
                {
                    (await page.EvaluateAsync<bool>("""
                        () => { const s = getComputedStyle(document.activeElement); return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none'; }
                        """)).ShouldBeTrue($"the focus is invisible on “{name}”");
                    return;
                }
            }

            throw new InvalidOperationException($"The keyboard does not reach “{name}”.");
        }

        Task<string> FocusedAsync() => page.EvaluateAsync<string>("() => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? '').trim()");
    }

    private static async Task AddAuthenticatorAsync(IPage page)
    {
        var devTools = await page.Context.NewCDPSessionAsync(page);
        await devTools.SendAsync("WebAuthn.enable");
        await devTools.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
    }
}
