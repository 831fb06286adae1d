using System.Globalization;
using LinkShort.Analytics.Rollups;

namespace LinkShort.Analytics.Tests;

public sealed class DimensionCountsTests
{
    [Fact]
    public void Counts_read_back_add_up()
    {
        var counts = new DimensionCounts();
        for (var i = 0; i < 150; i++)
        {
            counts.Add(Dimension.Referrer, $"site{i % 50}.example", 1);
            counts.Add(Dimension.Browser, "Firefox \"quoted\" \u00e9\ud83d\ude00", 2);
        }

        var read = new DimensionCounts();
        read.Merge(counts.ToJson());
        read.Merge(counts.ToJson());

        read.Of(Dimension.Referrer).ShouldAllBe(entry => entry.Clicks == 6);
        read.Of(Dimension.Referrer).Count().ShouldBe(50);
        read.Of(Dimension.Browser).ShouldBe([("Firefox \"quoted\" \u00e9\ud83d\ude00", 600)]);
        read.Of(Dimension.Os).ShouldBeEmpty();
    }

    [Fact]
    public void A_flood_of_different_values_is_counted_as_other_and_none_is_lost()
    {
        var counts = new DimensionCounts();
        for (var i = 0; i < 10_000; i++)
        {
            counts.Add(Dimension.Referrer, i.ToString(CultureInfo.InvariantCulture), 1);
        }

        counts.Of(Dimension.Referrer).Count().ShouldBe(DimensionCounts.MaxValues + 1);
        counts.Of(Dimension.Referrer).Sum(entry => entry.Clicks).ShouldBe(10_000);
        counts.Of(Dimension.Referrer).First().Value.ShouldBe(DimensionCounts.Other);
    }

    [Fact]
    public void Dimensions_of_a_later_version_are_skipped()
    {
        var counts = new DimensionCounts();
        counts.Merge("""{"mood":{"good":1,"bad":2},"os":{"Linux":3}}""");

        counts.Of(Dimension.Os).ShouldBe([("Linux", 3)]);
    }
}
