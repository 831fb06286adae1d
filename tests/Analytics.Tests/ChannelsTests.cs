using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Analytics.Rollups;

namespace LinkShort.Analytics.Tests;

public sealed class ChannelsTests(AnalyticsFixture fixture)
{
    private readonly AnalyticsUnderTest _service = fixture.Service;

    [Theory]
    [InlineData("direct", "direct")]
    [InlineData("google.com", "search")]
    [InlineData("google.de", "search")]
    [InlineData("google.co.uk", "search")]
    [InlineData("google.com.br", "search")]
    [InlineData("yandex.ru", "search")]
    [InlineData("mail.google.com", "mail")]
    [InlineData("com.google.android.gm", "mail")]
    [InlineData("docs.google.com", "referral")]
    [InlineData("google.example.org", "referral")]
    [InlineData("notgoogle.com", "referral")]
    [InlineData("old.reddit.com", "social")]
    [InlineData("t.co", "social")]
    [InlineData("at.co", "referral")]
    [InlineData("com.slack", "social")]
    [InlineData("ad.doubleclick.net", "ads")]
    [InlineData("com", "referral")]
    [InlineData(".", "referral")]
    [InlineData("[2001:db8::1]", "referral")]
    [InlineData(DimensionCounts.Other, "other")]
    public void A_domain_belongs_to_the_channel_of_its_nearest_listed_parent(string referrer, string expected) => Channels.Of(referrer).ShouldBe(expected);

    [Fact]
    public async Task Channels_count_the_clicks_of_people_with_the_referrers_beyond_the_top_ten()
    {
        var link = await _service.KnownLinkAsync();

        await _service.RecordAsync(
        [
            .. Enumerable.Range(0, 12).Select(n => Clicks.Of(link, referrer: $"https://site{n}.example/")),
            Clicks.Of(link),
            Clicks.Of(link),
            Clicks.Of(link, referrer: "https://www.google.com/search?q=secret"),
            Clicks.Of(link, referrer: "https://www.bing.com/"),
            Clicks.Of(link, referrer: "https://www.google.fr/"),
            Clicks.Of(link, referrer: "https://t.co/abc"),
            Clicks.Of(link, referrer: "https://t.co/abc", userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        ]);

        NamedCount[] expected = [new("referral", 12), new("search", 3), new("direct", 2), new("social", 1)];
        var answer = await _service.CountedAsync(link.Workspace, link.Link, 19);
        answer.Channels.ShouldBe(expected);
        answer.TopReferrers.Count.ShouldBe(10);
        (await _service.WorkspaceAnalyticsAsync(link.Workspace)).Channels.ShouldBe(expected);
    }
}
