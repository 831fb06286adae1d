using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The list of links and a link's page in a browser, with the keyboard alone.</summary>
[Collection(nameof(Journeys))]
public sealed class LinkTableJourneyTests(WebStand stand, Browser browser)
{
    [Fact]
    public async Task Links_are_filtered_selected_changed_and_changed_back_with_the_keyboard()
    {
        var account = stand.NewAccount();
        for (var i = 0; i < 30; i++)
        {
            stand.Api.AddLink(account, $"k{i:00}-{Guid.NewGuid():N}"[..10], $"https://example.com/{i}", clicks: i);
        }

        account.Links[3].Beyond["tags"] = new System.Text.Json.Nodes.JsonArray("sale");
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await Assertions.Expect(page.GetByText("30 links")).ToBeVisibleAsync();

        // More: focus goes to the first added row, what was selected stays selected, and the URL has the number of rows.
        await page.Locator(".row-check").Nth(1).FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.GetByRole(AriaRole.Link, new() { Name = "Show more" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".link-row")).ToHaveCountAsync(30);
        await Assertions.Expect(page.Locator(".row-link").Nth(25)).ToBeFocusedAsync();
        await Assertions.Expect(page.GetByText("Selected: 1")).ToBeVisibleAsync();
        page.Url.ShouldEndWith("/app/links?rows=50");

        // A filter applies while its menu stays open; Escape closes it and focus returns.
        await page.Locator(".link-filters .tool-menu > summary").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByLabel("Tag", new() { Exact = true }).And(page.Locator("select")).SelectOptionAsync("sale");
        await Assertions.Expect(page.Locator(".link-row")).ToHaveCountAsync(1);
        page.Url.ShouldEndWith("/app/links?tag=sale");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator(".tool-menu").First.Locator("summary")).ToBeFocusedAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove filter Tag sale" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".link-row")).ToHaveCountAsync(25);

        // Sorting by a heading keeps focus there.
        await page.GetByRole(AriaRole.Columnheader, new() { Name = "Clicks" }).GetByRole(AriaRole.Link).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".row-link").First).ToContainTextAsync(account.Links[29].Code);
        await Assertions.Expect(page.Locator("th.cell-clicks")).ToHaveAttributeAsync("aria-sort", "descending");
        await Assertions.Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Clicks" }).GetByRole(AriaRole.Link)).ToBeFocusedAsync();

        // Many at once, with the count, and undone.
        await page.Locator("[data-select-all]").FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await Assertions.Expect(page.GetByText("Selected: 25")).ToBeVisibleAsync();
        await page.Locator(".row-check").First.FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.GetByRole(AriaRole.Button, new() { Name = "Archive", Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("24 links archived.").WaitForAsync();
        await Assertions.Expect(page.GetByText("6 links")).ToBeVisibleAsync();
        page.Url.ShouldContain("sort=most");
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("24 links restored.").WaitForAsync();
        account.Links.ShouldAllBe(link => !link.Archived);

        // The menu of a row: delete, and undo.
        await page.Locator(".row-menu summary").First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).And(page.Locator(".row-menu[open] button")).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("1 link deleted.").WaitForAsync();
        account.LiveLinks.Count.ShouldBe(29);
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("1 link restored.").WaitForAsync();
        account.LiveLinks.Count.ShouldBe(30);

        // The drawer with the settings; closing it returns to the menu that it was opened from.
        await page.Locator(".row-menu summary").First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator(".row-menu[open]").GetByRole(AriaRole.Link, new() { Name = "Edit" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("dialog[open] .panel-drawer").WaitForAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog).Locator("[name=url]")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator(".row-menu summary").First).ToBeFocusedAsync();

        // Columns and density apply at once and stay.
        await page.Locator(".tool-menu-end > summary").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByLabel("Compact").CheckAsync();
        await page.GetByLabel("Clicks of 30 days").UncheckAsync();
        await Assertions.Expect(page.Locator(".sparkline").First).ToBeHiddenAsync();
        // Chromium keeps a cookie that script writes in another process, which a reload can overtake.
        await page.WaitForFunctionAsync("() => document.cookie.includes('links-view=compact')");
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("#link-list")).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("is-compact.*hides-trend"));
    }

    [Fact]
    public async Task The_figures_of_a_link_show_and_hide_its_lines_and_the_period_before()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GotoAsync($"/app/links/{account.Links[^1].Id}");
        await page.Locator(".chart canvas").WaitForAsync();
        (await NamesAsync()).ShouldBe(["previous", "clicks", "clicks-now", "visitors", "visitors-now", "bots", "bots-now"]);

        await page.GetByRole(AriaRole.Button, new() { Name = "Visitors" }).FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await Assertions.Expect(page.Locator("[data-series=visitors]")).ToHaveAttributeAsync("aria-pressed", "false");
        (await NamesAsync()).ShouldBe(["previous", "clicks", "clicks-now", "bots", "bots-now"]);
        await page.Keyboard.PressAsync("Enter");
        (await NamesAsync()).Length.ShouldBe(7);

        await page.GetByRole(AriaRole.Link, new() { Name = "Hide comparison" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Compare with the period before" })).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator(".stat-change")).ToHaveCountAsync(0);
        await page.Locator(".chart canvas").WaitForAsync();
        (await NamesAsync())[0].ShouldBe("clicks");

        // Tabs are radio buttons.
        await page.GetByRole(AriaRole.Radio, new() { Name = "Countries" }).FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.GetByText("Berlin, Germany").WaitForAsync();
        await Assertions.Expect(page.GetByText("Germany", new() { Exact = true })).ToBeHiddenAsync();
        await Assertions.Expect(page.GetByText("Control", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".bar-share").First).ToHaveTextAsync("48%");

        Task<string[]> NamesAsync() => page.EvaluateAsync<string[]>("() => echarts.getInstanceByDom(document.querySelector('.chart')).getOption().series.map(each => each.id)");
    }
}
