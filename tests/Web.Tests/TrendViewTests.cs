using LinkShort.Web.Links;

namespace LinkShort.Web.Tests;

/// <summary>Which times of the API a trend covers.</summary>
public sealed class TrendViewTests
{
    /// <summary>A Thursday. In Auckland it is the next day.</summary>
    private static readonly DateTimeOffset Now = new(2026, 3, 12, 20, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("24h", "hour", "2026-03-11T21:00:00Z", "2026-03-10T21:00:00Z", "2026-03-11T21:00:00Z")]
    [InlineData("7d", "day", "2026-03-06", "2026-02-27", "2026-03-05")]
    [InlineData("7d", "hour", "2026-03-06", "2026-02-27", "2026-03-05")]
    [InlineData("30d", "day", "2026-02-11", "2026-01-12", "2026-02-10")]
    // From the Monday before the day 30 days ago: five weeks, and the five before.
    [InlineData("30d", "week", "2026-02-09", "2026-01-05", "2026-02-08")]
    [InlineData("90d", "month", "2025-12-01", "2025-08-01", "2025-11-30")]
    [InlineData("12m", "month", "2025-04-01", "2024-04-01", "2025-03-31")]
    [InlineData("12m", "week", "2025-03-31", "2024-04-15", "2025-03-30")]
    [InlineData("12m", "day", "2025-04-01", "2024-04-20", "2025-03-31")]
    public void The_period_before_has_as_many_points(string range, string interval, string from, string previousFrom, string previousTo) =>
        TrendView.Of(range, interval, null).Bounds(Now, TimeZoneInfo.Utc).ShouldBe((from, previousFrom, previousTo));

    [Fact]
    public void Days_are_the_viewers() =>
        TrendView.Of("7d", null, null).Bounds(Now, TimeZoneInfo.FindSystemTimeZoneById("Pacific/Auckland")).From.ShouldBe("2026-03-07");

    [Fact]
    public void What_there_is_not_is_the_default()
    {
        TrendView.Of("1y", "minute", null).ShouldBe(TrendView.Of("30d", "day", true));
        TrendView.Of("24h", "week", false).ToQuery().ShouldBe("?range=24h&compare=false");
    }
}
