using LinkShort.Billing.Revenue;

namespace LinkShort.Billing.Tests;

/// <summary>Figures about money, recounted from the ledger in another way.</summary>
public sealed class RevenueTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_figure_equals_a_recount_from_the_ledger(int seed)
    {
        var changes = Ledger(new Random(seed), customers: 300, months: 30);
        var figures = RevenueFigures.Of(changes, "usd", Now, 24);

        figures.MonthlyRevenue.ShouldBe(At(DateTimeOffset.MaxValue).Values.Sum());
        figures.AnnualRevenue.ShouldBe(figures.MonthlyRevenue * 12);
        figures.Customers.ShouldBe(At(DateTimeOffset.MaxValue).Count);
        figures.RevenuePerCustomer.ShouldBe(figures.MonthlyRevenue / figures.Customers);
        figures.Months.Select(month => month.Month).ShouldBe(Enumerable.Range(-23, 24).Select(back => new DateOnly(2026, 11, 1).AddMonths(back)));
        foreach (var month in figures.Months)
        {
            var (start, end) = (Utc(month.Month), Utc(month.Month.AddMonths(1)));
            var (before, after) = (At(start), At(end));
            month.Start.ShouldBe(before.Values.Sum());
            month.End.ShouldBe(after.Values.Sum());
            month.End.ShouldBe(month.Start + month.New + month.Expansion + month.Reactivated - month.Contraction - month.Churned);
            month.CustomersAtStart.ShouldBe(before.Count);
            month.LostCustomers.ShouldBe(before.Keys.Except(after.Keys).Count());
            month.NewCustomers.ShouldBe(changes.GroupBy(change => change.WorkspaceId).Count(each => each.First().At >= start && each.First().At < end));
            month.New.ShouldBe(changes.GroupBy(change => change.WorkspaceId).Select(each => each.First()).Where(first => first.At >= start && first.At < end).Sum(first => first.AmountAfter));
            month.LogoChurn.ShouldBe(before.Count == 0 ? null : Math.Round((decimal)month.LostCustomers / before.Count, 4));
            month.RevenueChurn.ShouldBe(month.Start == 0 ? null : Math.Round((decimal)(month.Churned + month.Contraction) / month.Start, 4));
        }

        figures.Forecast!.Method.ShouldBe("holtWinters");
        figures.Forecast.Points.Count.ShouldBe(3);
        figures.Forecast.Points.ShouldAllBe(point => point.Low <= point.Revenue && point.Revenue <= point.High);

        Dictionary<Guid, long> At(DateTimeOffset time) => changes.Where(change => change.At < time).GroupBy(change => change.WorkspaceId)
            .Select(each => (each.Key, each.Last().AmountAfter)).Where(each => each.AmountAfter > 0).ToDictionary(each => each.Key, each => each.AmountAfter);
    }

    [Fact]
    public void A_forecast_goes_on_as_before_and_is_the_run_rate_until_there_is_a_year()
    {
        var current = new DateOnly(2026, 11, 1);
        RevenueForecast.Of([], 0, current).ShouldBeNull();
        var young = RevenueForecast.Of([100, 200], 300, current)!;
        young.Method.ShouldBe("runRate");
        young.Points.ShouldBe([.. Enumerable.Range(0, 3).Select(ahead => new RevenueForecast.Point(current.AddMonths(ahead), 300, null, null))]);

        var steady = RevenueForecast.Of([.. Enumerable.Range(1, 18).Select(month => month * 1_000L)], 18_000, current)!;
        steady.Points.Select(point => (point.Revenue, point.Low, point.High)).ShouldBe([(19_000, 19_000, 19_000), (20_000, 20_000, 20_000), (21_000, 21_000, 21_000)]);
    }

    [Theory]
    [InlineData(0, 500, false, "new")]
    [InlineData(0, 500, true, "reactivated")]
    [InlineData(500, 0, true, "churned")]
    [InlineData(500, 3_900, true, "expansion")]
    [InlineData(3_900, 417, true, "contraction")]
    public void A_change_is_of_one_kind(long before, long after, bool hadAny, string kind) => RevenueLedger.KindOf(before, after, hadAny).ShouldBe(kind);

    /// <summary>Customers come, change and go, at random times.</summary>
    private static List<RevenueChange> Ledger(Random random, int customers, int months)
    {
        long[] prices = [0, 417, 500, 3_250, 3_900];
        var all = new List<RevenueChange>();
        for (var i = 0; i < customers; i++)
        {
            var (workspace, amount, had) = (Guid.NewGuid(), 0L, false);
            for (var at = Now.AddDays(-random.Next(1, months * 30)); at < Now; at = at.AddDays(random.Next(1, 200)))
            {
                var next = prices[random.Next(prices.Length)];
                if (next != amount)
                {
                    all.Add(new RevenueChange(workspace, RevenueLedger.KindOf(amount, next, had), amount, next, at));
                    (amount, had) = (next, true);
                }
            }
        }

        return [.. all.OrderBy(change => change.At)];
    }

    private static DateTimeOffset Utc(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);
}
