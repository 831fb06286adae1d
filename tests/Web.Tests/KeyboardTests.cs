using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The command menu, single keys, and where the focus goes when the page changes.</summary>
[Collection(nameof(Looks))]
public sealed class KeyboardTests(WebStand stand, Browser browser)
{
    private const string Focused = "() => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? '').trim()";

    [Theory]
    [InlineData("en", 1280)]
    [InlineData("ar", 1280)]
    [InlineData("en", 375)]
    [InlineData("ar", 375)]
    public async Task The_command_menu_is_an_accessible_combobox_in_both_directions(string language, int width)
    {
        var account = stand.NewAccount();
        account.Locale = language;
        var team = stand.Api.AddTeam("Night shift", (account, "owner"));
        account.WorkspaceId = null;
        var code = "menu-" + Guid.NewGuid().ToString("N")[..8];
        var link = stand.Api.AddLink(account, code, "https://example.com/", "Spring catalogue");
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, locale: language);
        var page = tab.Page;
        await page.GotoAsync("/app/language?to=en&returnUrl=/app/signin");
        await tab.SignInAsync(account.Email, account.Password);

        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(page.Locator("#command-input")).ToBeFocusedAsync();
        await Assertions.Expect(Chosen(page)).ToHaveAttributeAsync("data-target", "/app/links/new");
        await tab.LookAsync($"commands-{language}", whole: false);
        await page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(Chosen(page)).ToHaveAttributeAsync("data-target", "/app/signout");
        await page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(page.Locator("#command-input")).ToHaveAttributeAsync("aria-activedescendant", await Chosen(page).GetAttributeAsync("id") ?? "");

        // Links are found by the server, and follow the commands.
        await page.Keyboard.TypeAsync("spring");
        await Assertions.Expect(Chosen(page)).ToHaveAttributeAsync("data-target", $"/app/links/{link.Id}");
        await tab.LookAsync($"commands-links-{language}", whole: false);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync($"**/app/links/{link.Id}");

        // A workspace is switched to; its accents and case don't matter.
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("NÍGHT");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/app/links");
        account.WorkspaceId.ShouldBe(team.Id);
        if (language == "en")
        {
            await page.Keyboard.PressAsync("Control+k");
            await page.Keyboard.TypeAsync("light and dark");
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-bs-theme", new System.Text.RegularExpressions.Regex("light|dark"));
            await page.Keyboard.PressAsync("Control+k");
            await page.Keyboard.TypeAsync("deutsch");
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "de");
        }

        tab.Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_outage_of_the_search_is_said_and_nothing_found_too()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Search…" }).ClickAsync();
        await tab.Page.Keyboard.TypeAsync("zzz");
        await tab.Page.GetByText("Nothing found.").WaitForAsync();
        using (stand.Api.Fail("GET", "/links", 503, "unavailable", whose: account))
        {
            await tab.Page.Keyboard.TypeAsync("y");
            await tab.Page.GetByText("be searched right now").WaitForAsync();
        }

        await tab.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(tab.Page.Locator("#command-menu")).ToBeHiddenAsync();
        (await tab.Page.EvaluateAsync<string>(Focused)).ShouldBe("Search…");
    }

    [Fact]
    public async Task Single_keys_search_create_and_explain_but_never_while_typing_nor_when_they_are_off()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);

        await page.Keyboard.PressAsync("/");
        await Assertions.Expect(page.GetByLabel("Search links")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("c/?");
        (await page.GetByLabel("Search links").InputValueAsync()).ShouldBe("c/?");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);

        await page.GotoAsync("/app/team");
        await page.Keyboard.PressAsync("?");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Keyboard shortcuts" }).WaitForAsync();
        await tab.ShotAsync("keys", whole: false);
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        // From the body the focus comes back to the content.
        await Assertions.Expect(page.Locator("#content")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("c");
        await Assertions.Expect(page.Locator("#dialog [name=url]")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        // On a keyboard for another script, the key at the same place.
        await page.EvaluateAsync("() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ؤ', code: 'KeyC', bubbles: true, cancelable: true }))");
        await Assertions.Expect(page.Locator("#dialog [name=url]")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("/");
        await Assertions.Expect(page.Locator("#command-input")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");

        await page.GotoAsync("/app/settings");
        await page.GetByLabel("Single-key shortcuts").SelectOptionAsync("off");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
        await page.GetByText("Settings saved.").WaitForAsync();
        foreach (var key in new[] { "c", "?", "/" })
        {
            await page.Keyboard.PressAsync(key);
        }

        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(page.Locator("#command-input")).ToBeFocusedAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task The_focus_never_falls_to_the_body_when_the_page_changes()
    {
        var account = stand.NewAccount();
        for (var i = 0; i < 30; i++)
        {
            stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], $"https://example.com/{i}", clicks: i);
        }

        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);

        // More: the first of the new rows.
        await PressAsync(page.GetByRole(AriaRole.Link, new() { Name = "Show more" }));
        await Assertions.Expect(page.Locator(".link-row").Nth(25).Locator(".row-link")).ToBeFocusedAsync();

        // A row that is deleted: the same control of its neighbour, after the redirect.
        var codes = account.Links.AsEnumerable().Reverse().Select(link => link.Code).ToArray();
        await page.GotoAsync("/app/links");
        await PressAsync(page.GetByLabel($"Actions for linksho.rt/{codes[3]}"));
        await PressAsync(page.Locator(".row-menu[open]").GetByRole(AriaRole.Button, new() { Name = "Delete" }));
        await page.GetByText("1 link deleted.").WaitForAsync();
        await Assertions.Expect(page.GetByLabel($"Actions for linksho.rt/{codes[4]}")).ToBeFocusedAsync();

        // A created one, which ends on the same page: where it was created.
        await PressAsync(page.GetByRole(AriaRole.Link, new() { Name = "New link" }));
        await Assertions.Expect(page.Locator("#dialog [name=url]")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("ftp://example.com");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#dialog [role=alert]")).ToBeFocusedAsync();
        await page.Locator("#dialog [name=url]").FillAsync("https://example.com/new");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("Your short link is ready.").WaitForAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "New link" })).ToBeFocusedAsync();
        await PressAsync(page.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }));
        await Assertions.Expect(page.Locator("#content")).ToBeFocusedAsync();

        // A filter that replaces itself.
        await page.GotoAsync("/app/analytics");
        await PressAsync(page.GetByRole(AriaRole.Link, new() { Name = "7 days" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "7 days" })).ToHaveAttributeAsync("aria-current", "true");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "7 days" })).ToBeFocusedAsync();

        // A dialog that was opened from a menu, which is closed by then.
        await PressAsync(page.GetByRole(AriaRole.Button, new() { Name = "Workspace: " }));
        await PressAsync(page.GetByRole(AriaRole.Link, new() { Name = "New workspace" }));
        await page.GetByRole(AriaRole.Dialog).WaitForAsync();
        await page.WaitForFunctionAsync("() => !document.querySelector('.htmx-request')");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Workspace: " })).ToBeFocusedAsync();

        async Task PressAsync(ILocator locator)
        {
            await locator.FocusAsync();
            await page.Keyboard.PressAsync("Enter");
        }
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ar")]
    public async Task Tabs_show_on_a_phone_that_there_are_more_and_the_current_one_is_in_view(string language)
    {
        var account = stand.NewAccount();
        account.Locale = language;
        stand.Api.AddTeam("Night shift", (account, "owner"));
        await using var tab = await browser.OpenAsync(stand.Web.Address, 375, locale: language);
        await tab.Page.GotoAsync("/app/language?to=en&returnUrl=/app/signin");
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GotoAsync("/app/workspace");
        (await tab.Page.EvaluateAsync<bool>("() => { const tabs = document.querySelector('.tabs'); return tabs.scrollWidth > tabs.clientWidth; }")).ShouldBeTrue();
        (await tab.Page.EvaluateAsync<string>("() => getComputedStyle(document.querySelector('.tabs')).backgroundAttachment")).ShouldBe("local, local, scroll, scroll");
        await tab.ShotAsync($"tabs-start-{language}", whole: false);
        await tab.Page.GotoAsync("/app/audit-log");
        await Assertions.Expect(tab.Page.Locator(".tabs [aria-current]")).ToBeInViewportAsync(new() { Ratio = 0.9f });
        await tab.ShotAsync($"tabs-end-{language}", whole: false);
    }

    private static ILocator Chosen(IPage page) => page.Locator("#command-list [aria-selected=true]");
}
