using System.Diagnostics;
using LinkShort.Look;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>
/// The pictures of the home page and of the guides are taken here, of the app itself: <c>APPROVE_PICTURES=1</c> takes them again after its look has
/// changed. They need npm's sharp, which encodes AVIF and WebP; the tests don't.
/// </summary>
[Collection(nameof(Looks))]
public sealed class ProductPictureTests(WebStand stand, Browser browser)
{
    private const string BackgroundScript =
        "() => '#' + getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(part => (+part).toString(16).padStart(2, '0')).join('')";

    private const string Folder = "services/Web/wwwroot/img/product";
    private const string Guides = "docs/images";

    [Fact]
    public async Task The_home_page_shows_the_app_in_the_page_s_theme_and_loads_no_more()
    {
        if (Environment.GetEnvironmentVariable("APPROVE_PICTURES") == "1")
        {
            await TakeAsync();
            await TakeForGuidesAsync();
        }

        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var tab = await browser.OpenAsync(stand.Web.Address, theme: theme);
            var loaded = new List<string>();
            tab.Page.Request += (_, request) =>
            {
                if (request.Url.Contains("/img/product/", StringComparison.Ordinal))
                {
                    loaded.Add(request.Url);
                }
            };
            await tab.Page.GotoAsync("/", new() { WaitUntil = WaitUntilState.NetworkIdle });
            // The system's theme, without a cookie: the fall-back of everything.
            var page = theme == ColorScheme.Light ? DesignTokens.Light("page") : DesignTokens.Dark("page");
            (await tab.Page.EvaluateAsync<string>(BackgroundScript)).ShouldBe(page);
            foreach (var picture in await tab.Page.Locator(".product picture:visible img").AllAsync())
            {
                await picture.ScrollIntoViewIfNeededAsync();
                await Assertions.Expect(picture).ToHaveJSPropertyAsync("complete", true);
                (await picture.EvaluateAsync<int>("image => image.naturalWidth")).ShouldBeGreaterThan(0);
                (await picture.GetAttributeAsync("alt")).ShouldNotBeNullOrEmpty();
            }

            var name = theme == ColorScheme.Light ? "light" : "dark";
            loaded.Distinct().Count().ShouldBe(2, string.Join('\n', loaded));
            loaded.ShouldAllBe(url => url.Contains($"-{name}-", StringComparison.Ordinal) && url.EndsWith(".avif", StringComparison.Ordinal));
        }

        foreach (var name in new[] { "links-light", "links-dark", "link-light", "link-dark" })
        {
            foreach (var file in new[] { "640.avif", "640.webp", "1280.avif", "1280.webp", "1280.png" })
            {
                new FileInfo(Checkout.PathOf($"{Folder}/{name}-{file}")).Length.ShouldBeInRange(1, 120_000, $"{name}-{file}");
            }
        }
    }

    private async Task TakeAsync()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        var folder = Directory.CreateTempSubdirectory("linkshort-pictures-").FullName;
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var tab = await browser.OpenAsync(stand.Web.Address, theme: theme);
            await tab.SignInAsync(account.Email, account.Password);
            foreach (var (name, path) in new[] { ("links", "/app/links"), ("link", $"/app/links/{account.Links[^1].Id}") })
            {
                await tab.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.NetworkIdle });
                await tab.Page.EvaluateAsync("() => document.fonts.ready");
                await tab.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{(theme == ColorScheme.Light ? "light" : "dark")}.png") });
            }
        }

        using var encode = Process.Start(new ProcessStartInfo("node", [Checkout.PathOf("tests/Web.Tests/encode.mjs"), folder, Checkout.PathOf(Folder)]))!;
        await encode.WaitForExitAsync();
        encode.ExitCode.ShouldBe(0);
    }

    private async Task TakeForGuidesAsync()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var page = tab.Page;
        await tab.SignInAsync(account.Email, account.Password);
        await TakeAsync("links");
        await page.Keyboard.PressAsync("Control+k");
        await page.GetByRole(AriaRole.Option, new() { Name = "New link" }).WaitForAsync();
        await TakeAsync("command-menu");
        await page.GotoAsync("/app/analytics");
        await page.Locator(".chart canvas").WaitForAsync();
        await TakeAsync("analytics");
        await page.GotoAsync($"/app/links/{account.Links[^1].Id}");
        await page.Locator(".chart canvas").WaitForAsync();
        await TakeAsync("link");
        await page.GotoAsync($"/app/links/{account.Links.Single(link => link.Title == "Podcast, episode 12").Id}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Edit", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Targeting" }).ClickAsync();
        await page.Locator(".rule").ScrollIntoViewIfNeededAsync();
        await TakeAsync("builder");

        async Task TakeAsync(string name)
        {
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await page.EvaluateAsync("() => document.fonts.ready");
            await page.ScreenshotAsync(new() { Path = Checkout.PathOf($"{Guides}/{name}.png") });
        }
    }
}
