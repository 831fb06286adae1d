using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace LinkShort.Redirect.Tests;

/// <summary>A destination's site and Chromium, shared by <see cref="BrowserTests"/>; each test has its own browser context.</summary>
public sealed class OneBrowser : IAsyncLifetime
{
    private WebApplication _destination = null!;

    public ChromiumFixture Chromium { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _destination = builder.Build();
        _destination.MapGet("/{**path}", (HttpContext context) => Results.Text(
            $"<title>Arrived</title><p>{context.Request.QueryString}</p><p id=\"from\">{context.Request.Headers.Referer}</p>", "text/html"));
        await _destination.StartAsync();
        Chromium = ChromiumFixture.With($"--host-resolver-rules=MAP destination.example 127.0.0.1:{new Uri(_destination.Urls.First()).Port}");
    }

    public async ValueTask DisposeAsync()
    {
        await Chromium.DisposeAsync();
        await _destination.DisposeAsync();
    }
}

/// <summary>The pages in a real browser, which enforces their content security policy. Screenshots are for manual review.</summary>
[Collection(nameof(OneReplica))]
public sealed class BrowserTests(OneReplica one, OneBrowser browser) : IClassFixture<OneBrowser>
{
    private static readonly string Screenshots = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../artifacts/screenshots/redirect"));

    private readonly Installation _installation = one.Installation;
    private readonly ReplicaProcess _replica = one.Replica;
    private readonly ChromiumFixture _chromium = browser.Chromium;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_visitor_enters_the_password_is_redirected_to_another_site_and_is_not_asked_again(bool scripts)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode(), "http://destination.example/welcome") with
        {
            Behavior = new() { PasswordHash = PasswordTests.HashOf("open sesame"), ForwardQuery = "visitor" },
        });
        await using var context = await ContextAsync(scripts);
        var page = await context.NewPageAsync();
        var messages = new List<string>();
        page.Console += (_, message) => messages.Add(message.Text);

        await page.GotoAsync($"/{link.Code}?a=%2B");
        await page.GetByLabel("Password").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button).ClickAsync();
        (await page.GetByRole(AriaRole.Alert).InnerTextAsync()).ShouldBe("Wrong password.");
        await page.GetByLabel("Password").FillAsync("open sesame");
        await page.GetByRole(AriaRole.Button).ClickAsync();

        await page.WaitForURLAsync("http://destination.example/welcome?a=%2B");
        (await page.TitleAsync()).ShouldBe("Arrived");
        (await page.Locator("#from").InnerTextAsync()).ShouldBeEmpty("the destination must not learn which link led here");
        await page.GotoAsync("/" + link.Code);
        (await page.TitleAsync()).ShouldBe("Arrived");
        messages.Where(text => !text.Contains("403", StringComparison.Ordinal) && !text.Contains("favicon", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_person_taken_for_a_preview_crawler_sees_the_preview_and_is_sent_on_without_scripts()
    {
        var link = await CreateAsync("http://destination.example/welcome", new() { Preview = new("Read this"), ForwardQuery = "visitor" });
        await using var context = await ContextAsync(scripts: false);
        await context.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { ["User-Agent"] = Browser.Slackbot });
        var page = await context.NewPageAsync();

        await page.GotoAsync($"/{link.Code}?a=%2B");

        await page.WaitForURLAsync("http://destination.example/welcome?a=%2B");
        (await page.TitleAsync()).ShouldBe("Arrived");
        (await page.Locator("#from").InnerTextAsync()).ShouldBeEmpty("as after a redirect, the destination does not learn which link led here");
    }

    [Theory]
    [InlineData("light", 1280, "en")]
    [InlineData("dark", 1280, "de")]
    [InlineData("light", 375, "fr")]
    [InlineData("dark", 375, "es")]
    [InlineData("light", 375, "ar")]
    [InlineData("dark", 1280, "ar")]
    public async Task Pages_fit_the_window_in_light_and_dark(string scheme, int width, string language)
    {
        var locked = await CreateAsync("https://example.com/", new() { PasswordHash = PasswordTests.HashOf("open sesame") });
        var gone = await _installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Archived = true });
        var shown = await CreateAsync("https://shop.example.com/" + string.Concat(Enumerable.Repeat("a-very-long-path/", 12)) + "?size=m#offers", new()
        {
            Rules = [new LinkRule(new RuleCondition { Country = ["DE"] }, "https://example.com/de")],
            Preview = new("Read this", "Three minutes, no ads.", "https://example.com/card.png"),
        });
        await Eventually.BecomesAsync(() => _replica.FollowAsync(shown.Code), answer => answer.StartsWith("https:", StringComparison.Ordinal));
        await using var context = await ContextAsync(scripts: true, scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light, width, language);
        var page = await context.NewPageAsync();

        await ShowAsync("password", locked.Code);
        await page.Locator("#password").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button).ClickAsync();
        await page.GetByRole(AriaRole.Alert).WaitForAsync();
        await ScreenshotAsync("password-wrong");
        await ShowAsync("gone", gone.Code);
        await ShowAsync("not-found", Installation.NewCode());
        await ShowAsync("where", shown.Code + "+");
        await ShowAsync("where-protected", locked.Code + "+");
        await context.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { ["User-Agent"] = Browser.Slackbot });
        await page.RouteAsync("https://shop.example.com/**", route => route.FulfillAsync(new RouteFulfillOptions { Status = 204 }));
        await ShowAsync("preview", shown.Code);

        async Task ShowAsync(string name, string path)
        {
            await page.GotoAsync("/" + path);
            await ScreenshotAsync(name);
        }

        async Task ScreenshotAsync(string name)
        {
            (await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= window.innerWidth")).ShouldBeTrue(name + " scrolls sideways");
            (await page.EvaluateAsync<string>("() => getComputedStyle(document.querySelector('main')).borderRadius")).ShouldBe("18px", name + " is shown without its style");
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Screenshots, $"{name}-{scheme}-{width}-{language}.png") });
        }
    }

    private Task<LinkSnapshot> CreateAsync(string destination, LinkBehavior behavior) =>
        _installation.CreateAsync(Installation.Link(Installation.NewCode(), destination) with { Behavior = behavior });

    private Task<IBrowserContext> ContextAsync(bool scripts, ColorScheme scheme = ColorScheme.Light, int width = 1280, string language = "en") =>
        _chromium.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = _replica.Address.AbsoluteUri, JavaScriptEnabled = scripts, ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 740 }, Locale = language,
        });
}
