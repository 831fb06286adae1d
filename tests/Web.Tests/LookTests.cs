using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The link pages fit their window, violate no content security policy, and axe finds nothing, in light and dark.</summary>
[Collection(nameof(Looks))]
public sealed class LookTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData(1280)]
    [InlineData(375)]
    public async Task Every_page_fits_its_window_and_is_accessible(int width)
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        await using var tab = await browser.OpenAsync(stand.Web.Address, width);

        await ShowAsync("/", "home");
        await ShowAsync("/app/signup?url=https%3A%2F%2Fexample.com%2Fa-long-address", "signup");
        await ShowAsync("/app/signin", "signin");
        await ShowAsync("/pricing", "pricing");
        await ShowAsync("/problems/validation", "problem");
        await ShowAsync("/problems/", "problems");
        await ShowAsync("/app/nothing-here", "notfound");
        await tab.SignInAsync(account.Email, account.Password);
        await ShowAsync("/", "home-signed-in");
        await ShowAsync("/app/links", "links");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "New link" }).ClickAsync();
        await tab.Page.Locator("dialog[open] .panel").WaitForAsync();
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Create link" }).WaitForAsync();
        await tab.LookAsync("dialog", whole: false);
        await ShowAsync("/app/links/new", "new");
        await ShowAsync($"/app/links/{account.Links[^1].Id}", "link");
        await ShowAsync($"/app/links/{account.Links[0].Id}?range=24h", "link-quiet");
        await ShowAsync("/app/analytics", "analytics");
        await ShowAsync("/app/shortcuts", "shortcuts");
        await ShowAsync($"/app/links/{account.Links[^1].Id}/delete", "delete");
        await ShowAsync("/app/settings/keys", "keys");
        await ShowAsync("/app/settings/billing", "billing");
        await ShowAsync("/app/links?search=nothing-like-this", "search-empty");
        account.Links.Clear();
        await ShowAsync("/app/links", "links-empty");
        tab.Findings.ShouldBeEmpty();

        async Task ShowAsync(string path, string name)
        {
            await tab.Page.GotoAsync(path);
            await tab.LookAsync(name);
        }
    }
}
