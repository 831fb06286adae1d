using System.Collections.Concurrent;
using LinkShort.Testing;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Opens pages in the assembly's one Chromium, each with its own profile.</summary>
public sealed class Browser(ChromiumFixture chromium)
{
    /// <summary>Chromium logs this about statuses that pages return on purpose (400 with the form again, 404, 503).</summary>
    private const string StatusOfAnswer = "Failed to load resource: the server responded with a status of";

    private const string AxeRules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";
    private const string AxeColours = "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

    private const string FontsAreLoaded = "document.fonts.status === 'loaded'";
    private const string ChartsAreDrawn = "!document.querySelector('[data-chart]:not([data-drawn])')";

    private static readonly Lazy<string> Axe = new(() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "axe.min.js")));

    internal async Task<Tab> OpenAsync(string address, int width = 1280, bool script = true, ColorScheme theme = ColorScheme.Light, string locale = "en-GB")
    {
        var context = await chromium.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address,
            // Only tests use self-signed certificates.
            IgnoreHTTPSErrors = true,
            ViewportSize = new ViewportSize { Width = width, Height = width < 600 ? 812 : 860 },
            DeviceScaleFactor = 1,
            JavaScriptEnabled = script,
            ColorScheme = theme,
            // What is half faded in has half its contrast.
            ReducedMotion = ReducedMotion.Reduce,
            TimezoneId = "Europe/Berlin",
            Locale = locale,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        return new Tab(context, await context.NewPageAsync(), theme, script);
    }

    /// <summary>A page, and every error that occurred in it.</summary>
    internal sealed class Tab : IAsyncDisposable
    {
        private readonly IBrowserContext _context;
        private readonly bool _hasScript;
        private ColorScheme _theme;

        public Tab(IBrowserContext context, IPage page, ColorScheme theme, bool hasScript)
        {
            (_context, Page, _theme, _hasScript) = (context, page, theme, hasScript);
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

        /// <summary>axe's findings on all pages that were checked.</summary>
        public List<string> Findings { get; } = [];

        public async Task SignInAsync(string email, string password)
        {
            await Page.GotoAsync("/app/signin");
            await Page.GetByLabel("Email").FillAsync(email);
            await Page.GetByLabel("Password").FillAsync(password);
            await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
            await Page.WaitForURLAsync("**/app/links");
        }

        public async Task SignOutAsync()
        {
            await Page.GetByRole(AriaRole.Button, new() { Name = "Your account" }).ClickAsync();
            await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        }

        /// <summary>
        /// Checks the current page in light and dark: it fits its window, and axe finds nothing. All rules are checked in the theme that the page
        /// was loaded with; the other theme changes only colours, so only the rules about colours are checked there.
        /// </summary>
        /// <param name="name">For screenshots and findings.</param>
        public async Task LookAsync(string name, bool whole = true)
        {
            // A new page has no styles for a moment.
            await Page.WaitForLoadStateAsync();
            await LookAsync(AxeRules);
            _theme = _theme == ColorScheme.Dark ? ColorScheme.Light : ColorScheme.Dark;
            await Page.EmulateMediaAsync(new() { ColorScheme = _theme });
            await LookAsync(AxeColours);

            async Task LookAsync(string rules)
            {
                var width = Page.ViewportSize!.Width;
                var shown = $"{(width < 600 ? "phone" : "desk")}-{(_theme == ColorScheme.Dark ? "dark" : "light")}-{name}";
                await ShotAsync(shown, whole);
                (await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, $"{shown} has to be scrolled sideways");
                foreach (var finding in await AxeFindingsAsync(rules))
                {
                    Findings.Add($"{shown}: {finding}");
                }
            }
        }

        /// <summary>axe's findings on the current page: rule, element and fix.</summary>
        public async Task<string[]> AxeFindingsAsync(string rules = AxeRules)
        {
            if (await Page.EvaluateAsync<bool>("() => typeof axe === 'undefined'"))
            {
                // Evaluated by the driver, so the content security policy doesn't apply.
                await Page.EvaluateAsync(Axe.Value);
            }

            return await Page.EvaluateAsync<string[]>($$"""
                async () => (await axe.run(document, { runOnly: {{rules}} }))
                    .violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary.replace(/\s+/g, ' ')}`))
                """);
        }

        /// <summary>Saves a screenshot if WEB_SCREENSHOTS names a folder.</summary>
        public async Task ShotAsync(string name, bool whole = true)
        {
            if (Environment.GetEnvironmentVariable("WEB_SCREENSHOTS") is { Length: > 0 } folder)
            {
                // Asked from here, because a page without script runs no timers and resolves no promises.
                await Eventually.BecomesAsync(() => Page.EvaluateAsync<bool>(_hasScript ? $"() => {FontsAreLoaded} && {ChartsAreDrawn}" : $"() => {FontsAreLoaded}"), isStill => isStill);
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

/// <summary>The look of pages, and axe's findings. In parallel to <see cref="Journeys"/>: both mostly wait for pages.</summary>
[CollectionDefinition(nameof(Looks))]
public sealed class Looks : ICollectionFixture<WebStand>, ICollectionFixture<Browser>;

/// <summary>User journeys. The browser has a single clipboard, so tests that use it belong here.</summary>
[CollectionDefinition(nameof(Journeys))]
public sealed class Journeys : ICollectionFixture<WebStand>, ICollectionFixture<Browser>;
