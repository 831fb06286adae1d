using Microsoft.Playwright;

namespace LinkShort.Testing;

/// <summary>
/// One headless Chromium for all tests of an assembly: <c>[assembly: AssemblyFixture(typeof(ChromiumFixture))]</c>, then a constructor
/// parameter. It starts with the first context that is opened; each context is a profile of its own, which the test disposes.
/// </summary>
public sealed class ChromiumFixture : IAsyncDisposable
{
    /// <summary>The time limit for a page, in milliseconds. Generous, because it costs nothing when the condition is met early.</summary>
    private const float Timeout = 60_000;

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        // The address bar's suggestions are an internal page, which takes a second of processor time per context. The other features are
        // those that Playwright disables: of two such lists Chromium uses the last.
        "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup," +
            "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,DialMediaRouteProvider,GlobalMediaControls,HttpsUpgrades,LensOverlay,MediaRouter,PaintHolding," +
            "ThirdPartyStoragePartitioning,BlockOriginHeaderModificationOnRedirect,AvoidCorsURLLoaderRestartOnRedirect,Translate,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled",
    ];

    private readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> _started;

    public ChromiumFixture()
        : this([])
    {
    }

    private ChromiumFixture(string[] arguments) => _started = new(() => StartAsync(arguments));

    /// <summary>A Chromium for one test class that needs further arguments, for example host names that it must resolve.</summary>
    public static ChromiumFixture With(params string[] arguments) => new(arguments);

    /// <summary>A new, empty profile.</summary>
    public async Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null)
    {
        var context = await (await _started.Value).Browser.NewContextAsync(options);
        context.SetDefaultTimeout(Timeout);
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated)
        {
            var (playwright, browser) = await _started.Value;
            await browser.CloseAsync();
            playwright.Dispose();
        }
    }

    private static async Task<(IPlaywright, IBrowser)> StartAsync(string[] arguments)
    {
        Assertions.SetDefaultExpectTimeout(Timeout);
        var playwright = await Playwright.CreateAsync();
        try
        {
            return (playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Executable(), Args = [.. Arguments, .. arguments] }));
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>The Chromium that the tests use.</summary>
    public static string Executable() =>
        new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
            .FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("No Chromium found. Install it (apt install chromium-headless-shell), or set CHROMIUM to its path.");
}
