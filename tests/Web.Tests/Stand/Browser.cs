using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Debian's Chromium, headless, shared by the tests; each page has a profile of its own.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>Chromium says these itself about statuses that pages answer on purpose (400 with the form again, 404, 503).</summary>
    private const string StatusOfAnswer = "Failed to load resource: the server responded with a status of";

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable(),
            Args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.CloseAsync();
        _playwright.Dispose();
    }

    internal async Task<Tab> OpenAsync(string address, int width = 1280, bool script = true, ColorScheme theme = ColorScheme.Light)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address,
            // Only tests have certificates that nobody vouches for.
            IgnoreHTTPSErrors = true,
            ViewportSize = new ViewportSize { Width = width, Height = width < 600 ? 812 : 860 },
            DeviceScaleFactor = 1,
            JavaScriptEnabled = script,
            ColorScheme = theme,
            TimezoneId = "Europe/Berlin",
            Locale = "en-GB",
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(10_000);
        return new Tab(context, await context.NewPageAsync());
    }

    private static string Executable() =>
        new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
            .FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("No Chromium found. apt install chromium, or set CHROMIUM to its path.");

    /// <summary>A page, and everything that went wrong in it.</summary>
    internal sealed class Tab : IAsyncDisposable
    {
        private readonly IBrowserContext _context;

        public Tab(IBrowserContext context, IPage page)
        {
            (_context, Page) = (context, page);
            page.Console += (_, message) =>
            {
                if (message.Type is "error" or "warning" && !message.Text.StartsWith(StatusOfAnswer, StringComparison.Ordinal))
                {
                    Complaints.Enqueue($"{page.Url}: {message.Text}");
                }
            };
            page.PageError += (_, error) => Complaints.Enqueue($"{page.Url}: {error}");
        }

        public IPage Page { get; }

        public ConcurrentQueue<string> Complaints { get; } = [];

        public async Task SignInAsync(string email, string password)
        {
            await Page.GotoAsync("/app/signin");
            await Page.GetByLabel("E-mail").FillAsync(email);
            await Page.GetByLabel("Password").FillAsync(password);
            await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
            await Page.WaitForURLAsync("**/app/links");
        }

        public async Task SignOutAsync()
        {
            await Page.GetByRole(AriaRole.Button, new() { Name = "Your account" }).ClickAsync();
            await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        }

        /// <summary>Kept for people to look at when WEB_SCREENSHOTS names a folder.</summary>
        public async Task ShotAsync(string name, bool whole = true)
        {
            if (Environment.GetEnvironmentVariable("WEB_SCREENSHOTS") is { Length: > 0 } folder)
            {
                await Page.EvaluateAsync("() => document.fonts.ready.then(() => new Promise(r => setTimeout(r, 700)))");
                await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = whole });
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _context.CloseAsync();
            Complaints.ShouldBeEmpty("The browser complained (content security policy, script errors).");
        }
    }
}

[CollectionDefinition(nameof(Browser))]
public sealed class BrowserTests : ICollectionFixture<WebStand>, ICollectionFixture<Browser>;
