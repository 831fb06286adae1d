using LinkShort.Analytics.Rollups;

namespace LinkShort.Analytics.ReadAnalytics;

/// <param name="From">Start of the counted range (inclusive), on a quarter hour.</param>
/// <param name="To">End of the counted range (exclusive).</param>
/// <param name="TimeZone">Time zone of the days, weeks and months in the trend.</param>
/// <param name="Trend">Without gaps; the first and the last point count only clicks within the range.</param>
/// <param name="TopReferrers">The ten domains with the most clicks; <c>direct</c> for none.</param>
/// <param name="Channels">How people arrived, by the referrer's domain: direct, search, social, mail, ads, referral (any other site), and other for rare domains that are counted together.</param>
/// <param name="Geo">Clicks by country (ISO 3166-1 alpha-2) and city (English name); <c>Unknown</c> if not determined.</param>
/// <param name="Classes">All clicks, bots included, by class of visitor: human, tool, crawler, preview, scanner, prefetch, monitor.</param>
/// <param name="ClassReasons">What decided the class of clicks that are not people's: a word of the User-Agent header, or a rule such as <c>unknown program</c>, <c>prefetch header</c>, <c>scanner network</c>. Empty for clicks recorded before the reason was.</param>
/// <param name="Variants">Clicks by A/B variant; empty for links without variants.</param>
public sealed record AnalyticsResponse(
    DateTimeOffset From,
    DateTimeOffset To,
    string Interval,
    string TimeZone,
    Totals Totals,
    IReadOnlyList<TrendPoint> Trend,
    IReadOnlyList<NamedCount> TopReferrers,
    IReadOnlyList<NamedCount> Channels,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> Geo,
    IReadOnlyList<NamedCount> Devices,
    IReadOnlyList<NamedCount> Browsers,
    IReadOnlyList<NamedCount> Os,
    IReadOnlyList<NamedCount> Languages,
    IReadOnlyList<NamedCount> Classes,
    IReadOnlyList<NamedCount> ClassReasons,
    IReadOnlyList<NamedCount> Variants)
{
    private const int TopReferrerCount = 10;
    private const int ListLength = 50;

    /// <param name="cells">One per bucket of <paramref name="query"/>.</param>
    public static AnalyticsResponse Of(AnalyticsQuery query, IReadOnlyList<RollupCell> cells)
    {
        var trend = query.Buckets
            .Zip(cells, (bucket, cell) => new TrendPoint(new DateTimeOffset(bucket.Start), cell.Clicks, cell.VisitorCount, cell.BotClicks))
            .ToArray();
        var all = new RollupCell();
        foreach (var cell in cells)
        {
            all.Merge(cell);
        }

        // Estimates of the points and of the whole have errors of their own. What is shown together must not contradict itself.
        var visitors = Math.Clamp(all.VisitorCount, trend.Max(point => point.Visitors), trend.Sum(point => point.Visitors));
        return new AnalyticsResponse(
            query.From,
            query.To,
            query.Interval.ToString().ToLowerInvariant(),
            query.TimeZone,
            new Totals(all.Clicks, visitors, all.BotClicks),
            trend,
            List(Dimension.Referrer, TopReferrerCount),
            ReadAnalytics.Channels.Sum(all.Dimensions.Of(Dimension.Referrer)),
            all.Dimensions.Of(Dimension.Geo)
                .Select(place => (Country: place.Value.Split('/', 2)[0], City: place.Value.Split('/', 2)[^1], place.Clicks))
                .GroupBy(place => place.Country, StringComparer.Ordinal)
                .ToDictionary(
                    country => country.Key,
                    IReadOnlyDictionary<string, long> (country) => country
                        .GroupBy(place => place.City, StringComparer.Ordinal)
                        .ToDictionary(city => city.Key, city => city.Sum(place => place.Clicks), StringComparer.Ordinal),
                    StringComparer.Ordinal),
            List(Dimension.Device),
            List(Dimension.Browser),
            List(Dimension.Os),
            List(Dimension.Language),
            List(Dimension.Class),
            List(Dimension.Reason),
            List(Dimension.Variant));

        IReadOnlyList<NamedCount> List(Dimension dimension, int atMost = ListLength) =>
            [.. all.Dimensions.Of(dimension).Take(atMost).Select(entry => new NamedCount(entry.Value, entry.Clicks))];
    }
}

/// <param name="Clicks">Without bots.</param>
/// <param name="Visitors">Distinct within the range. A visitor is recognised for one day, and so counts once per day.</param>
public sealed record Totals(long Clicks, long Visitors, long BotClicks);

/// <param name="Start">Start of the hour, day, week or month in the requested time zone.</param>
/// <param name="Visitors">Distinct within this point, so points don't add up to the total.</param>
public sealed record TrendPoint(DateTimeOffset Start, long Clicks, long Visitors, long BotClicks);

public sealed record NamedCount(string Name, long Clicks);
