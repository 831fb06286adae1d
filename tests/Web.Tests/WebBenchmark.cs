using System.Diagnostics;
using System.Globalization;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>
/// Times of pages, which depend on the machine: <c>./linkshort bench web</c> on a quiet one. Web runs as in production, with the tests' API behind it, so
/// its own share is measured. Not part of the test run.
/// </summary>
[Collection(nameof(Looks))]
public sealed class WebBenchmark(WebStand stand, Browser browser)
{
    private const int Rounds = 200;

    [Fact(Explicit = true)]
    public async Task Pages_are_fast()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        using var visitor = await stand.VisitSignedInAsync(account);
        var link = $"/app/links/{account.Links[^1].Id}";
        var report = new List<string> { "| Page | Lighthouse performance | first byte, median | times an empty page |", "|---|---|---|---|" };

        var empty = await FirstByteAsync(visitor, "/robots.txt");
        foreach (var path in new[] { "/", "/app/signin", "/app/links", link })
        {
            var firstByte = await FirstByteAsync(visitor, path);
            using var scores = await Lighthouse.RunAsync(
                "performance", stand.Web.Address.TrimEnd('/') + path, path.StartsWith("/app/links", StringComparison.Ordinal) ? visitor : null);
            var performance = scores.RootElement.GetProperty("performance").GetInt32();
            report.Add(string.Create(CultureInfo.InvariantCulture, $"| {(path == link ? "link page" : path)} | {performance} | {firstByte.TotalMilliseconds:0.0} ms | {firstByte / empty:0.0} |"));
        }

        report.Add("");
        var usable = await OnSlowPhoneAsync(account);
        report.Add(string.Create(CultureInfo.InvariantCulture, $"Links page on a slow phone (4 × slower processor, slow 3G), cold: usable after {usable.TotalSeconds:0.0} s"));
        Console.WriteLine(string.Join('\n', report));
    }

    private static async Task<TimeSpan> FirstByteAsync(Visitor visitor, string path)
    {
        var times = new List<TimeSpan>();
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            using var response = await visitor.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            times.Add(Stopwatch.GetElapsedTime(start));
            await response.Content.ReadAsByteArrayAsync();
        }

        return times.Order().ElementAt(Rounds / 2);
    }

    /// <summary>Until the list is styled and shown.</summary>
    private async Task<TimeSpan> OnSlowPhoneAsync(FakeApi.Account account)
    {
        await using var tab = await browser.OpenAsync(stand.Web.Address, 375);
        await tab.SignInAsync(account.Email, account.Password);
        await tab.Page.GotoAsync("about:blank");
        var session = await tab.Page.Context.NewCDPSessionAsync(tab.Page);
        await session.SendAsync("Network.enable");
        await session.SendAsync("Network.clearBrowserCache");
        // DevTools' "Slow 3G" as a network has it: 400 ms there and back, 400 kbit/s.
        await session.SendAsync("Network.emulateNetworkConditions", new() { ["offline"] = false, ["latency"] = 400, ["downloadThroughput"] = 50_000, ["uploadThroughput"] = 50_000 });
        await session.SendAsync("Emulation.setCPUThrottlingRate", new() { ["rate"] = 4 });
        var start = Stopwatch.GetTimestamp();
        await tab.Page.GotoAsync("/app/links", new() { WaitUntil = Microsoft.Playwright.WaitUntilState.Commit });
        await tab.Page.WaitForFunctionAsync("() => document.documentElement.classList.contains('has-script') && document.querySelector('main a[href^=\"/app/links/\"]')?.offsetHeight > 0");
        return Stopwatch.GetElapsedTime(start);
    }
}
