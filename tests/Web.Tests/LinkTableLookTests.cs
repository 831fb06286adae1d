using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The list of links with its menus open, of a team: it fits, and axe finds nothing.</summary>
[Collection(nameof(Looks))]
public sealed class LinkTableLookTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData("en", 1280)]
    [InlineData("ar", 375)]
    public async Task The_list_and_its_menus_fit_and_are_accessible(string language, int width)
    {
        var account = stand.NewAccount();
        account.Locale = language;
        var colleague = stand.NewAccount("Jonas Adler");
        stand.Api.AddTeam("Northwind Press", (account, "owner"), (colleague, "member"));
        Samples.AddTo(stand.Api, account);
        account.Links[2].CreatedBy = colleague.Id;
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, locale: language);
        var page = tab.Page;
        await page.GotoAsync("/app/language?to=en&returnUrl=/app/signin");
        await tab.SignInAsync(account.Email, account.Password);
        // What can be open together is looked at together: each look is a run of axe in both themes.
        await page.GotoAsync("/app/links?sort=oldest&status=all");
        await tab.ShotAsync($"table-{language}-{width}-plain");
        await page.Locator(".row-check").Nth(1).CheckAsync();
        await page.Locator(".row-check").Nth(3).CheckAsync();
        await page.Locator(".row-menu summary").Nth(2).ClickAsync();
        await tab.LookAsync($"table-{language}", whole: false);
        await page.Keyboard.PressAsync("Escape");
        await page.Locator(".link-filters .tool-menu summary").ClickAsync();
        await tab.LookAsync($"table-{language}-filter", whole: false);
        await page.GotoAsync($"/app/links/{account.Links[^1].Id}");
        await page.Locator(".chart canvas").WaitForAsync();
        await tab.ShotAsync($"table-{language}-{width}-link");
        await page.Locator(".link-share summary").ClickAsync();
        await tab.LookAsync($"table-{language}-link", whole: false);
        await page.Keyboard.PressAsync("Escape");
        await page.Locator(".link-share a[href$='/edit']").ClickAsync();
        await page.Locator("dialog[open] .panel-drawer").WaitForAsync();
        await tab.LookAsync($"table-{language}-drawer", whole: false);
        tab.Findings.ShouldBeEmpty();
    }
}
