using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

[Collection(nameof(Looks))]
public sealed class LookTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(375, ColorScheme.Light)]
    [InlineData(375, ColorScheme.Dark)]
    public async Task Every_page_fits_its_window_and_breaks_no_rule_of_the_content_security_policy(int width, ColorScheme theme)
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, theme: theme);
        var shown = $"{(width < 600 ? "phone" : "desk")}-{(theme == ColorScheme.Dark ? "dark" : "light")}";

        await ShowAsync("/", "home");
        await ShowAsync("/app/signup?url=https%3A%2F%2Fexample.com%2Fa-long-address", "signup");
        await ShowAsync("/app/signin", "signin");
        await ShowAsync("/problems/validation", "problem");
        await ShowAsync("/problems/", "problems");
        await ShowAsync("/app/nothing-here", "notfound");
        await tab.SignInAsync(account.Email, account.Password);
        await ShowAsync("/app/links", "links");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "New link" }).ClickAsync();
        await tab.Page.Locator("dialog[open] .panel").WaitForAsync();
        await tab.ShotAsync($"{shown}-dialog", whole: false);
        await ShowAsync("/app/links/new", "new");
        await ShowAsync($"/app/links/{account.Links[^1].Id}", "link");
        await ShowAsync($"/app/links/{account.Links[0].Id}?range=24h", "link-quiet");
        await ShowAsync($"/app/links/{account.Links[^1].Id}/delete", "delete");
        await ShowAsync("/app/settings/keys", "keys");
        await ShowAsync("/app/links?search=nothing-like-this", "search-empty");
        account.Links.Clear();
        await ShowAsync("/app/links", "links-empty");

        async Task ShowAsync(string path, string name)
        {
            await tab.Page.GotoAsync(path);
            await tab.ShotAsync($"{shown}-{name}");
            var wide = await tab.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth");
            wide.ShouldBeLessThanOrEqualTo(width, $"{path} has to be scrolled sideways");
        }
    }
}
