using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>User journeys in a browser.</summary>
[Collection(nameof(Journeys))]
public sealed class JourneyTests(WebStand stand, Browser browser)
{
    private static string NewEmail() => $"journey-{Guid.NewGuid():N}@example.com";

    [Theory]
    [InlineData(1280)]
    [InlineData(375)]
    public async Task From_the_home_page_and_signing_up_to_a_deleted_link(int width)
    {
        await using var tab = await browser.OpenAsync(stand.Web.Address, width);
        var page = tab.Page;
        var email = NewEmail();
        var code = "summer-" + Guid.NewGuid().ToString("N")[..6];

        await page.GotoAsync("/");
        await page.GetByLabel("Long URL").FillAsync("https://example.com/first?x=1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Shorten" }).ClickAsync();
        await page.GetByText("https://example.com/first?x=1").WaitForAsync();
        await page.GetByLabel("Email").FillAsync(email);
        await page.GetByLabel("Password").FillAsync("a long password");
        await page.GetByLabel("I have read the terms of use").CheckAsync();
        await page.GetByLabel("I have read the privacy notice").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await page.GetByText("Your short link is ready.").WaitForAsync();
        await tab.ShotAsync($"journey-{width}-toast", whole: false);
        var account = stand.Api.AccountOf(email);

        // Copying.
        await page.Locator(".toast-card [data-copy]").ClickAsync();
        await page.GetByText("Copied").First.WaitForAsync();
        (await page.EvaluateAsync<string>("() => navigator.clipboard.readText()")).ShouldBe("https://linksho.rt/" + account.Links[0].Code);
        await page.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
        await page.Locator(".toast-card").WaitForAsync(new() { State = WaitForSelectorState.Detached });

        // The dialog: an error first, with the input kept, then success.
        await page.GetByRole(AriaRole.Link, new() { Name = "New link" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.Locator("[name=url]").FillAsync("ftp://example.com/");
        await dialog.GetByLabel("Short link").FillAsync(code);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
        await dialog.GetByText("Only http and https addresses can be shortened.").WaitForAsync();
        (await dialog.GetByLabel("Short link").InputValueAsync()).ShouldBe(code);
        await tab.ShotAsync($"journey-{width}-dialog-error", whole: false);
        await dialog.Locator("[name=url]").FillAsync("https://example.com/second");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
        await page.Locator(".toast-card").GetByText("Your short link is ready.").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();

        // Searching while typing.
        await page.GetByLabel("Search links").PressSequentiallyAsync("summer");
        await Assertions.Expect(page.Locator(".link-row")).ToHaveCountAsync(1);
        page.Url.ShouldEndWith("/app/links?search=summer");
        await page.GetByLabel("Search links").FillAsync("");
        await Assertions.Expect(page.Locator(".link-row")).ToHaveCountAsync(2);

        // One link: chart, another range without leaving the page, a change.
        account.Links.Single(link => link.Code == code).Clicks = 640;
        await page.GetByRole(AriaRole.Link, new() { Name = code, Exact = false }).First.ClickAsync();
        await page.Locator(".chart canvas").WaitForAsync();
        await Assertions.Expect(page.Locator("[data-total=clicks]")).ToContainTextAsync("6");
        await page.GetByRole(AriaRole.Link, new() { Name = "24 hours" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "24 hours" })).ToHaveAttributeAsync("aria-current", "true");
        await page.Locator(".chart canvas").WaitForAsync();
        page.Url.ShouldContain("range=24h");
        (await PaintedPixelsAsync(page)).ShouldBeGreaterThan(500, "the chart is drawn");
        await page.GetByRole(AriaRole.Link, new() { Name = "Edit", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Title").FillAsync("Summer sale");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Summer sale" }).WaitForAsync();

        // Deleting asks first; Escape keeps the link.
        await page.Locator(".link-share summary").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Delete link" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByText("for 30 days").WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Dialog).WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        account.LiveLinks.Count.ShouldBe(2);
        await page.Locator(".link-share summary").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Delete link" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete link" }).ClickAsync();
        await page.GetByText("Link deleted.").WaitForAsync();
        account.LiveLinks.ShouldHaveSingleItem();

        await tab.SignOutAsync();
        await page.GetByText("You are signed out.").WaitForAsync();
    }

    [Fact]
    public async Task Signed_in_users_shorten_on_the_home_page()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GotoAsync("/");

        await tab.Page.GetByLabel("Long URL").FillAsync("no address");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Shorten" }).ClickAsync();
        await tab.Page.GetByText("This isn’t a complete URL.").WaitForAsync();
        await tab.Page.GetByLabel("Long URL").FillAsync("https://example.com/good");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Shorten" }).ClickAsync();

        await tab.Page.GetByText("Ready to share").WaitForAsync();
        await tab.ShotAsync("home-created");
        account.Links.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task More_links_are_appended_to_the_list()
    {
        var account = stand.NewAccount();
        for (var i = 0; i < 60; i++)
        {
            stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], $"https://example.com/{i}");
        }

        await using var tab = await browser.OpenAsync(stand.Web.Address);
        await tab.SignInAsync(account.Email, account.Password);

        await Assertions.Expect(tab.Page.Locator(".link-row")).ToHaveCountAsync(25);
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Show more" }).ClickAsync();
        await Assertions.Expect(tab.Page.Locator(".link-row")).ToHaveCountAsync(50);
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "Show more" }).ClickAsync();
        await Assertions.Expect(tab.Page.Locator(".link-row")).ToHaveCountAsync(60);
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Link, new() { Name = "Show more" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_api_key_is_created_copied_and_revoked()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await page.GetByRole(AriaRole.Link, new() { Name = "Settings" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "API keys" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "New key" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync("Newsletter script");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create key" }).ClickAsync();

        var key = await page.GetByLabel("New API key").InputValueAsync();
        key.ShouldStartWith("ls_live_");
        await tab.ShotAsync("key-created");
        await page.Locator(".key-created [data-copy]").ClickAsync();
        (await page.EvaluateAsync<string>("() => navigator.clipboard.readText()")).ShouldBe(key);
        await page.GetByRole(AriaRole.Link, new() { Name = "Revoke Newsletter script" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke key" }).ClickAsync();
        await page.GetByText("Key revoked.").WaitForAsync();
        account.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_outage_while_working_in_a_dialog_is_explained()
    {
        var account = stand.NewAccount();
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "New link" }).ClickAsync();
        await tab.Page.Locator("[name=url]").FillAsync("https://example.com/kept");

        using (stand.Api.Fail("POST", "/links", 503, "unavailable"))
        {
            await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
            await tab.Page.GetByText("isn't responding right now").WaitForAsync();
        }

        (await tab.Page.Locator("[name=url]").InputValueAsync()).ShouldBe("https://example.com/kept");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
        await tab.Page.GetByText("Your short link is ready.").WaitForAsync();
    }

    [Fact]
    public async Task The_theme_changes_at_once_and_stays()
    {
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        await tab.Page.GotoAsync("/");
        var light = await BackgroundAsync();

        await tab.Page.GetByLabel("Switch between light and dark").ClickAsync();

        (await BackgroundAsync()).ShouldNotBe(light);
        await tab.Page.ReloadAsync();
        (await BackgroundAsync()).ShouldNotBe(light);

        Task<string> BackgroundAsync() => tab.Page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
    }

    [Fact]
    public async Task Everything_works_without_script()
    {
        await using var tab = await browser.OpenAsync(stand.Web.Address, script: false);
        var page = tab.Page;
        var email = NewEmail();
        await page.GotoAsync("/");
        await page.GetByLabel("Long URL").FillAsync("https://example.com/plain");
        await page.GetByRole(AriaRole.Button, new() { Name = "Shorten" }).ClickAsync();
        await page.GetByLabel("Email").FillAsync(email);
        await page.GetByLabel("Password").FillAsync("a long password");
        await page.GetByLabel("I have read the terms of use").CheckAsync();
        await page.GetByLabel("I have read the privacy notice").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await page.GetByText("Your short link is ready.").WaitForAsync();
        var account = stand.Api.AccountOf(email);
        account.Links[0].Clicks = 77;

        await page.GetByRole(AriaRole.Link, new() { Name = "New link" }).ClickAsync();
        await page.Locator("[name=url]").FillAsync("https://example.com/other");
        await page.GetByLabel("Title").FillAsync("Other");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
        await page.GetByLabel("Search links").FillAsync("plain");
        await page.GetByLabel("Search links").PressAsync("Enter");
        await page.Locator(".row-link").ClickAsync();
        await page.GetByText("View as table").ClickAsync();
        (await page.Locator("tbody tr").CountAsync()).ShouldBe(30);
        await tab.ShotAsync("noscript-link");
        await page.Locator(".link-share summary").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Delete link" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete link" }).ClickAsync();
        await page.GetByText("Link deleted.").WaitForAsync();
        account.LiveLinks.ShouldHaveSingleItem().Title.ShouldBe("Other");
        await page.GetByLabel("Switch between light and dark").ClickAsync();
        (await page.Locator("html").GetAttributeAsync("data-bs-theme")).ShouldBe("dark");
        await tab.SignOutAsync();
        await page.GetByText("You are signed out.").WaitForAsync();
    }

    private static Task<int> PaintedPixelsAsync(IPage page) => page.EvaluateAsync<int>("""
        () => {
          const canvas = document.querySelector('.chart canvas');
          const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          let painted = 0;
          for (let i = 3; i < data.length; i += 4) if (data[i] > 0) painted++;
          return painted;
        }
        """);
}
