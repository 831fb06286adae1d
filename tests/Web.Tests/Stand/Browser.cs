using System.Collections.Concurrent;
using LinkShort.Testing;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Pages of the assembly's one Chromium; each has a profile of its own.</summary>
public sealed class Browser(ChromiumFixture chromium)
{
    /// <summary>Chromium says these itself about statuses that pages answer on purpose (400 with the form again, 404, 503).</summary>
    private const string StatusOfAnswer = "Failed to load resource: the server responded with a status of";

    private const string AxeRules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";
    private const string AxeColours = "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }";

    private static readonly Lazy<string> Axe = new(() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "axe.min.js")));

    internal async Task<Tab> OpenAsync(string address, int width = 1280, bool script = true, ColorScheme theme = ColorScheme.Light)
    {
        var context = await chromium.NewContextAsync(new BrowserNewContextOptions
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
        return new Tab(context, await context.NewPageAsync(), theme);
    }

    /// <summary>A page, and everything that went wrong in it.</summary>
    internal sealed class Tab : IAsyncDisposable
    {
        private readonly IBrowserContext _context;
        private ColorScheme _theme;

        public Tab(IBrowserContext context, IPage page, ColorScheme theme)
        {
            (_context, Page, _theme) = (context, page, theme);
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

        /// <summary>What axe found in all looks.</summary>
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
        /// Looks at the page as it is now, light and dark: it fits its window, and axe finds nothing. The theme that the page came in is first; for
        /// the other, which changes colours alone, axe tries the rules about colours.
        /// </summary>
        /// <param name="name">For screenshots and findings.</param>
        public async Task LookAsync(string name, bool whole = true)
        {
            // A page that just came has no style for a moment.
            await Page.WaitForLoadStateAsync();
            await LookAsync(AxeRules);
            _theme = _theme == ColorScheme.Dark ? ColorScheme.Light : ColorScheme.Dark;
            await Page.EmulateMediaAsync(new() { ColorScheme = _theme });
            // Colours that are on their way to the other theme's arrive.
            await Page.EvaluateAsync("() => document.getAnimations().filter(a => a.effect.getComputedTiming().endTime !== Infinity).forEach(a => a.finish())");
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

        /// <summary>What axe finds wrong with the page as it is now: rule, element and how to mend it.</summary>
        public async Task<string[]> AxeFindingsAsync(string rules = AxeRules)
        {
            if (await Page.EvaluateAsync<bool>("() => typeof axe === 'undefined'"))
            {
                // Evaluated by the driver, so that the content security policy has no say in it.
                await Page.EvaluateAsync(Axe.Value);
            }

            return await Page.EvaluateAsync<string[]>($$"""
                async () => (await axe.run(document, { runOnly: {{rules}} }))
                    .violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target} ${n.failureSummary.replace(/\s+/g, ' ')}`))
                """);
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

/// <summary>What pages look like, and what axe says about them. Beside <see cref="Journeys"/>: each waits for its pages most of the time.</summary>
[CollectionDefinition(nameof(Looks))]
public sealed class Looks : ICollectionFixture<WebStand>, ICollectionFixture<Browser>;

/// <summary>What people do with pages. The clipboard is one for the whole browser, so tests of it belong here.</summary>
[CollectionDefinition(nameof(Journeys))]
public sealed class Journeys : ICollectionFixture<WebStand>, ICollectionFixture<Browser>;
