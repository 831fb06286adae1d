using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>Pages from right to left fit their window, and axe finds nothing; German, whose words are the longest, fits too.</summary>
[Collection(nameof(Looks))]
public sealed class LanguageLookTests(WebStand stand, Browser browser)
{
    private static readonly string[] Public = ["/", "/app/signin", "/app/signup", "/problems/validation", "/pricing?interval=year"];

    private static readonly string[] SignedIn = ["/app/links", "/app/links/new", "/app/analytics", "/app/settings", "/app/security", "/app/team", "/app/workspace", "/app/settings/keys", "/app/audit-log", "/app/privacy", "/pricing", "/app/settings/billing", "/app/settings/billing/change", "/app/settings/billing/cancel"];

    [Theory]
    [InlineData("ar", 1280)]
    [InlineData("ar", 375)]
    [InlineData("de", 375)]
    [InlineData("de", 1280)]
    public async Task Pages_fit_their_window_and_are_accessible_in_other_languages(string language, int width)
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        account.Locale = language;
        stand.Api.Subscribe(stand.Api.CurrentOf(account), "pro");
        await using var tab = await browser.OpenAsync(stand.Web.Address, width, locale: language);
        foreach (var path in Public)
        {
            await ShowAsync(path);
        }

        await tab.Page.GotoAsync("/app/signin");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "English" }).ClickAsync();
        await tab.SignInAsync(account.Email, account.Password);
        foreach (var path in SignedIn.Append($"/app/links/{account.Links[^1].Id}").Append($"/app/links/{account.Links[^1].Id}/qr"))
        {
            await ShowAsync(path);
        }

        tab.Findings.ShouldBeEmpty();

        async Task ShowAsync(string path)
        {
            await tab.Page.GotoAsync(path);
            (await tab.Page.Locator("html").GetAttributeAsync("lang")).ShouldBe(language);
            await tab.LookAsync($"{language}{path.Split('?')[0].Replace('/', '-')}");
        }
    }
}
