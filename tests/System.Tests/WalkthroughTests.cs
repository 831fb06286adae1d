using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

[Collection(nameof(OneAtATime))]
public sealed partial class WalkthroughTests(WholeSystem system)
{
    private static readonly TimeSpan RedirectWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CountedWithin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task The_walkthrough_of_the_README_works_as_pasted()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "README.md"));
        var script = Walkthrough().Match(readme).Groups["script"].Value;
        script.ShouldContain("http://localhost:8080", customMessage: "The walk-through is the README's first sh block that begins with api=.");

        var output = await RunAsync(script.Replace("http://localhost:8080", system.Gateway.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal));

        output.ShouldContain("302 https://example.com/a%2Bb?x=1&y=%20#top");
        output.ShouldMatch("\"totals\":\\{[^}]*\"clicks\":1[,}]");
    }

    [Theory]
    [InlineData("https://example.com/")]
    [InlineData("https://example.com")]
    [InlineData("http://example.com/%2B+%20?a&b=&a=2;c#frag%23ment")]
    [InlineData("https://EXAMPLE.com/Path/../x//y/?q=%e2%82%ac")]
    [InlineData("https://bücher.example/straße?q=ü#ä")]
    public async Task A_link_redirects_within_a_second_to_the_destination_byte_for_byte_and_is_counted_within_five(string destination)
    {
        using var user = await system.NewUserAsync();
        var link = await user.CreateLinkAsync(destination);

        // Of each instance, because the load balancer may choose any.
        foreach (var host in system.Redirects.Append(system.Gateway))
        {
            using var answer = await Eventually.BecomesAsync(
                () => LinkShortClient.FollowAsync(host, link.Code), answer => answer.StatusCode == HttpStatusCode.Redirect, RedirectWithin);
            LinkShortClient.Location(answer).ShouldBe(destination);
            answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }

        await Eventually.BecomesAsync(() => user.ClicksAsync(link.Id), clicks => clicks == 3, CountedWithin);
    }

    [Fact]
    public async Task Bots_are_counted_separately_and_HEAD_is_not_a_click()
    {
        using var user = await system.NewUserAsync();
        var link = await user.CreateLinkAsync("https://example.com/bots");
        using var http = LinkShortClient.Anonymous(system.Gateway);
        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/" + link.Code));
        head.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var crawl = new HttpRequestMessage(HttpMethod.Get, "/" + link.Code);
        crawl.Headers.TryAddWithoutValidation("User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)");
        using var crawled = await http.SendAsync(crawl);
        using var clicked = await LinkShortClient.FollowAsync(system.Gateway, link.Code);

        var totals = await Eventually.BecomesAsync(
            async () => (await user.AnalyticsAsync(link.Id)).GetProperty("totals"),
            totals => totals.GetProperty("clicks").GetInt64() + totals.GetProperty("botClicks").GetInt64() >= 2);
        totals.GetProperty("clicks").GetInt64().ShouldBe(1);
        totals.GetProperty("botClicks").GetInt64().ShouldBe(1);
        totals.GetProperty("visitors").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Signing_up_sends_a_welcome()
    {
        using var user = await system.NewUserAsync();

        await Eventually.PassesAsync(() =>
        {
            var mails = Directory.GetFiles(system.DataDirectory, "*.eml", SearchOption.AllDirectories);
            mails.Select(File.ReadAllText).ShouldContain(mail => mail.Contains(user.Email) && mail.Contains("Subject: Welcome to LinkShort!"));
            return Task.CompletedTask;
        });
    }

    private static async Task<string> RunAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = shell.StandardOutput.ReadToEndAsync();
        var errors = shell.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await shell.WaitForExitAsync(timeout.Token);
        shell.ExitCode.ShouldBe(0, await output + await errors);
        return await output;
    }

    [GeneratedRegex("```sh\n(?<script>api=.*?)```", RegexOptions.Singleline)]
    private static partial Regex Walkthrough();
}
