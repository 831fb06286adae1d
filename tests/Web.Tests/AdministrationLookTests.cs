using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>The administration pages in Chromium: they fit, violate no policy, and axe finds nothing, in light and dark.</summary>
[Collection(nameof(Looks))]
public sealed class AdministrationLookTests(WebStand stand, Browser browser)
{
    [Theory]
    [InlineData(1280)]
    [InlineData(375)]
    public async Task Every_page_of_administration_fits_and_is_accessible(int width)
    {
        await using var web = WebApp.Start(stand.Api, stand.Redis);
        var op = stand.Api.Operator();
        var account = stand.NewAccount("Mira Okafor");
        account.ViewAllowedUntil = TimeProvider.System.GetUtcNow().AddHours(3);
        account.SuspendedBecause = "Phishing pages behind forty links";
        account.Views.Add((TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddMinutes(-31)));
        var note = stand.Api.Announce("Short links go on working while we move house tonight from ten to eleven.", "warning");
        await using var tab = await browser.OpenAsync(web.Address, width);
        var name = "flag-" + Guid.NewGuid().ToString("N")[..8];
        try
        {
            await tab.SignInAsync(op.Email, op.Password);
            await ShowAsync("/app/admin/users", "people");
            await ShowAsync($"/app/admin/users/{account.Id}", "person");
            await ShowAsync("/app/admin/workspaces", "workspaces");
            await ShowAsync($"/app/admin/workspaces/{stand.Api.CurrentOf(account).Id}", "workspace");

            await tab.Page.GotoAsync("/app/admin/flags/new");
            await tab.Page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
            await tab.Page.GetByLabel("Description").FillAsync("The new editor");
            await tab.Page.Locator("[name='rules[0].percentage']").FillAsync("20");
            await tab.Page.Locator("[name=variants]").FillAsync("short 1\nlong 1");
            await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            await tab.Page.WaitForURLAsync($"**/app/admin/flags/{name}");
            await ShowAsync($"/app/admin/flags/{name}", "flag");
            await ShowAsync("/app/admin/flags", "flags");
            await ShowAsync("/app/admin/announcements", "announcements");
            await ShowAsync("/app/admin/announcements/new", "announcement");
            await ShowAsync("/app/admin/revenue", "revenue");
            await ShowAsync("/app/admin/log", "log");
            await ShowAsync("/app/support-access", "support");
            await tab.Page.GotoAsync($"/app/admin/users/{account.Id}");
            await tab.Page.GetByRole(AriaRole.Button, new() { Name = "View account" }).ClickAsync();
            await tab.Page.WaitForURLAsync("**/app/links");
            await tab.LookAsync("admin-viewing");
            // By keyboard: the banner's button can be reached and works.
            await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).FocusAsync();
            await tab.Page.Keyboard.PressAsync("Enter");
            await tab.Page.WaitForURLAsync("**/app/admin/users");
            tab.Findings.ShouldBeEmpty();
        }
        finally
        {
            stand.Api.TakeDown(note);
        }

        async Task ShowAsync(string path, string what)
        {
            await tab.Page.GotoAsync(path);
            await tab.LookAsync($"admin-{what}");
        }
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(375)]
    public async Task Its_pages_fit_and_are_accessible_from_right_to_left(int width)
    {
        await using var web = WebApp.Start(stand.Api, stand.Redis);
        var op = stand.Api.Operator();
        op.Locale = "ar";
        var account = stand.NewAccount("Mira Okafor");
        await using var tab = await browser.OpenAsync(web.Address, width);
        await tab.SignInAsync(op.Email, op.Password);

        foreach (var (path, what) in new[]
        {
            ("users", "people"), ($"users/{account.Id}", "person"), ("workspaces", "workspaces"), ("flags", "flags"), ("flags/new", "flag"),
            ("announcements", "announcements"), ("revenue", "revenue"), ("log", "log"),
        })
        {
            await tab.Page.GotoAsync("/app/admin/" + path);
            await tab.LookAsync($"admin-{what}-ar");
        }

        tab.Findings.ShouldBeEmpty();
    }
}
