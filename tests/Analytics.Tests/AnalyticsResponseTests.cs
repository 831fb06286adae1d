using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Analytics.Rollups;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Analytics.Tests;

public sealed class AnalyticsResponseTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 20, 7, 0, TimeSpan.Zero);

    [Fact]
    public void Estimated_visitors_never_contradict_the_numbers_beside_them()
    {
        var query = AnalyticsQuery.Parse("2026-11-18", "2026-11-21", null, null, Now, new ValidationErrors()).ShouldNotBeNull();
        var (aboveClicks, aboveSum, belowPoint) = (0, 0, 0);
        foreach (var seed in Enumerable.Range(1, 60))
        {
            // More visitors than a sketch counts exactly. Each clicks once; in every second case, most come on one day.
            int[] visitors = seed % 2 == 0 ? [900, 1_100, 1_000, 1_200] : [1, 50_000, 0, 1];
            var random = new Random(seed);
            var cells = Array.ConvertAll(visitors, count => CellOf(random, count));
            var all = new RollupCell();
            Array.ForEach(cells, all.Merge);

            var response = AnalyticsResponse.Of(query, cells);

            response.Trend.ShouldAllBe(point => point.Visitors <= point.Clicks);
            response.Totals.Visitors.ShouldBeLessThanOrEqualTo(response.Totals.Clicks);
            response.Totals.Visitors.ShouldBeLessThanOrEqualTo(response.Trend.Sum(point => point.Visitors));
            response.Totals.Visitors.ShouldBeGreaterThanOrEqualTo(response.Trend.Max(point => point.Visitors));
            aboveClicks += cells.Count(cell => cell.Visitors.Count() > cell.Clicks);
            aboveSum += all.Visitors.Count() > response.Trend.Sum(point => point.Visitors) ? 1 : 0;
            belowPoint += all.Visitors.Count() < response.Trend.Max(point => point.Visitors) ? 1 : 0;
        }

        aboveClicks.ShouldBeGreaterThan(0, "the estimates alone would contradict the clicks");
        (aboveSum + belowPoint).ShouldBeGreaterThan(0, "the estimates alone would contradict the points");
    }

    [Fact]
    public void Clicks_of_visitors_who_are_not_recognised_have_no_visitor()
    {
        var query = AnalyticsQuery.Parse("2026-11-21", "2026-11-21", null, null, Now, new ValidationErrors()).ShouldNotBeNull();

        AnalyticsResponse.Of(query, [RollupCell.Read(3, 1, [], "{}")]).Totals.ShouldBe(new Totals(3, 0, 1));
    }

    private static RollupCell CellOf(Random random, int visitors)
    {
        var sketch = new VisitorSketch();
        for (var visitor = 0; visitor < visitors; visitor++)
        {
            sketch.Add(random.NextInt64());
        }

        return RollupCell.Read(visitors, 0, sketch.ToBytes(), "{}");
    }
}
