using LinkShort.Analytics.Rollups;

namespace LinkShort.Analytics.Tests;

public sealed class VisitorSketchTests
{
    [Fact]
    public void An_empty_sketch_takes_no_space() => new VisitorSketch().ToBytes().ShouldBeEmpty();

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(VisitorSketch.SparseLimit)]
    public void Few_visitors_are_counted_exactly_however_often_they_return(int visitors)
    {
        var sketch = new VisitorSketch();
        for (var round = 0; round < 7; round++)
        {
            for (var visitor = 0; visitor < visitors; visitor++)
            {
                sketch.Add(visitor);
            }
        }

        sketch.Count().ShouldBe(visitors);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public void Many_visitors_are_estimated_within_the_published_error(int visitors)
    {
        // Standard error 1.04/√4096 = 1.63 %. Over 20 sketches the root mean square error is close to it, and no error exceeds four times
        // that.
        var errors = Enumerable.Range(1, visitors > 100_000 ? 5 : 20).Select(seed =>
        {
            var random = new Random(seed);
            var sketch = new VisitorSketch();
            for (var i = 0; i < visitors; i++)
            {
                sketch.Add(random.NextInt64());
            }

            return (sketch.Count() - visitors) / (double)visitors;
        }).ToArray();

        errors.Max(Math.Abs).ShouldBeLessThan(4 * 0.0163);
        Math.Sqrt(errors.Average(error => error * error)).ShouldBeLessThan(0.0163 * 1.5);
        Math.Abs(errors.Average()).ShouldBeLessThan(0.0163, "biased");
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(700, 700)]
    [InlineData(50, 20_000)]
    [InlineData(20_000, 50)]
    [InlineData(20_000, 30_000)]
    public void A_merged_sketch_equals_that_of_all_visitors_together(int first, int second)
    {
        // A third of the second period's visitors were in the first one too.
        var (one, two, both) = (new VisitorSketch(), new VisitorSketch(), new VisitorSketch());
        for (long visitor = 0; visitor < first; visitor++)
        {
            one.Add(visitor);
            both.Add(visitor);
        }

        for (long visitor = first - (second / 3); visitor < first + second - (second / 3); visitor++)
        {
            two.Add(visitor);
            both.Add(visitor);
        }

        one.Merge(two);

        one.Count().ShouldBe(both.Count());
        one.ToBytes().ShouldBe(both.ToBytes());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    [InlineData(5_000)]
    public void A_stored_sketch_can_be_continued(int visitors)
    {
        var (whole, part) = (new VisitorSketch(), new VisitorSketch());
        for (long visitor = 0; visitor < visitors * 2; visitor++)
        {
            whole.Add(visitor);
            if (visitor == visitors)
            {
                part = VisitorSketch.FromBytes(part.ToBytes());
            }

            part.Add(visitor);
        }

        part.ToBytes().ShouldBe(whole.ToBytes());
        whole.ToBytes().Length.ShouldBeLessThanOrEqualTo(3_073);
    }

    [Theory]
    [InlineData("03")]
    [InlineData("010203")]
    [InlineData("0200")]
    public void Invalid_bytes_are_refused(string hex) =>
        Should.Throw<FormatException>(() => VisitorSketch.FromBytes(Convert.FromHexString(hex)));
}
