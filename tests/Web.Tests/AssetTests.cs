using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;
using Microsoft.Playwright;

namespace LinkShort.Web.Tests;

/// <summary>What goes over the wire. Bytes and headers, which a busy machine doesn't change; times are measured by <c>./linkshort bench web</c>.</summary>
[Collection(nameof(Looks))]
public sealed partial class AssetTests(WebStand stand, Browser browser)
{
    private const int Kilobyte = 1024;

    [Fact]
    public async Task Files_are_compressed_and_may_be_cached_forever()
    {
        using var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = new Uri(stand.Web.Address) };
        var home = await client.GetStringAsync(new Uri("/", UriKind.Relative));
        var files = AssetUrl().Matches(home).Select(match => match.Value).Distinct().ToList();
        files.ShouldContain(file => file.EndsWith(".css", StringComparison.Ordinal));
        files.ShouldContain(file => file.EndsWith(".woff2", StringComparison.Ordinal));

        foreach (var file in files)
        {
            using var plain = await SendAsync(file, "identity");
            plain.Headers.CacheControl!.ToString().ShouldBe("max-age=31536000, immutable", file);
            if (file.EndsWith(".css", StringComparison.Ordinal) || file.EndsWith(".js", StringComparison.Ordinal))
            {
                using var brotli = await SendAsync(file, "br");
                using var gzip = await SendAsync(file, "gzip");
                brotli.Content.Headers.ContentEncoding.ShouldBe(["br"], file);
                gzip.Content.Headers.ContentEncoding.ShouldBe(["gzip"], file);
                brotli.Content.Headers.ContentLength!.Value.ShouldBeLessThanOrEqualTo(gzip.Content.Headers.ContentLength!.Value, file);
                gzip.Content.Headers.ContentLength!.Value.ShouldBeLessThan(plain.Content.Headers.ContentLength!.Value, file);
            }
        }

        async Task<HttpResponseMessage> SendAsync(string path, string encoding)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Accept-Encoding", encoding);
            var response = await client.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            return response;
        }
    }

    [Fact]
    public async Task Pages_stay_within_their_budgets_cold_and_warm()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        var report = new List<string>();

        // With two pictures of the app.
        await MeasureAsync("/", false, cold: 200, warm: 20);
        await MeasureAsync("/app/signin", false, cold: 150, warm: 20);
        await MeasureAsync("/app/links", true, cold: 150, warm: 20);
        await MeasureAsync("/app/settings", true, cold: 150, warm: 20);
        await MeasureAsync($"/app/links/{account.Links[^1].Id}", true, cold: 350, warm: 20);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', report));

        async Task MeasureAsync(string path, bool signedIn, int cold, int warm)
        {
            await using var tab = await browser.OpenAsync(stand.Web.Address);
            if (signedIn)
            {
                await tab.SignInAsync(account.Email, account.Password);
            }

            var session = await tab.Page.Context.NewCDPSessionAsync(tab.Page);
            var (bytes, requests) = (0L, 0);
            session.Event("Network.loadingFinished").OnEvent += (_, finished) => bytes += (long)finished!.Value.GetProperty("encodedDataLength").GetDouble();
            session.Event("Network.requestWillBeSent").OnEvent += (_, _) => requests++;
            await session.SendAsync("Network.enable");
            await session.SendAsync("Network.clearBrowserCache");
            await LoadAsync();
            var first = (bytes, requests);
            await LoadAsync();
            report.Add($"{path}: cold {first.bytes / 1024.0:0.0} KB, {first.requests} requests; warm {bytes / 1024.0:0.0} KB");
            first.bytes.ShouldBeLessThanOrEqualTo(cold * Kilobyte, $"{path} cold\n{string.Join('\n', report)}");
            bytes.ShouldBeLessThanOrEqualTo(warm * Kilobyte, $"{path} warm\n{string.Join('\n', report)}");

            async Task LoadAsync()
            {
                (bytes, requests) = (0, 0);
                await tab.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.NetworkIdle });
            }
        }
    }

    [Fact]
    public void The_stylesheet_has_every_class_of_Tabler_that_a_page_or_script_uses()
    {
        var web = Checkout.PathOf("services/Web");
        var full = ClassesIn(File.ReadAllText(Path.Combine(web, "node_modules/@tabler/core/dist/css/tabler.min.css")));
        var shipped = ClassesIn(File.ReadAllText(Path.Combine(web, "wwwroot/css/app.css")));
        full.Count.ShouldBeGreaterThan(1000);
        shipped.Count(full.Contains).ShouldBeLessThan(full.Count / 2, "unused classes are left out");

        var used = Directory.EnumerateFiles(web, "*.razor", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Path.Combine(web, "Assets/js"), "*.js", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/node_modules/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => ClassAttribute().Matches(File.ReadAllText(file)))
            // To the end of the line, because an expression has literals in it.
            .SelectMany(match => Word().Matches(match.Groups["value"].Value).Select(word => word.Value))
            .ToHashSet();
        used.ShouldContain("btn-primary");
        used.Where(name => full.Contains(name) && !shipped.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_file_that_a_page_names_exists()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        await using var tab = await browser.OpenAsync(stand.Web.Address);
        var missing = new List<string>();
        tab.Page.Response += (_, response) =>
        {
            if (response.Status >= 400)
            {
                missing.Add($"{response.Status} {response.Url}");
            }
        };
        await tab.SignInAsync(account.Email, account.Password);
        foreach (var path in new[] { "/", "/app/links", $"/app/links/{account.Links[^1].Id}", "/app/status", "/legal/terms" })
        {
            await tab.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.NetworkIdle });
            (await tab.Page.EvaluateAsync<JsonElement>("() => [...document.images].filter(i => i.complete && i.offsetParent && !i.naturalWidth).map(i => i.src)")).GetArrayLength().ShouldBe(0, path);
        }

        missing.ShouldBeEmpty();
    }

    private static HashSet<string> ClassesIn(string css) => [.. ClassSelector().Matches(css).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("/app/assets/[^\" ,]+")]
    private static partial Regex AssetUrl();

    [GeneratedRegex(@"\.(-?[a-zA-Z_][\w-]*)(?=[^{}]*\{)")]
    private static partial Regex ClassSelector();

    [GeneratedRegex("(?:[cC]lass(?:Name)?\\s*=|classList\\.)(?<value>[^\\n]*)")]
    private static partial Regex ClassAttribute();

    [GeneratedRegex(@"[A-Za-z][\w-]*")]
    private static partial Regex Word();
}
