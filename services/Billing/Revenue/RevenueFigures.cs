namespace LinkShort.Billing.Revenue;

/// <summary>Figures of the ledger. Each is defined in <see cref="GetRevenue.Response"/>.</summary>
public static class RevenueFigures
{
    private const int ChurnMonths = 3;

    /// <param name="changes">In the order of the ledger.</param>
    public static GetRevenue.Response Of(IReadOnlyList<RevenueChange> changes, string currency, DateTimeOffset now, int months)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var current = new DateOnly(now.Year, now.Month, 1);
        var byMonth = changes.ToLookup(change => new DateOnly(change.At.UtcDateTime.Year, change.At.UtcDateTime.Month, 1));
        var first = byMonth.Count == 0 ? current : byMonth.Min(month => month.Key);
        var paying = new Dictionary<Guid, long>();
        var all = new List<GetRevenue.MonthResponse>();
        for (var month = first; month <= current; month = month.AddMonths(1))
        {
            all.Add(MonthOf(month, [.. byMonth[month]], paying));
        }

        var shown = Enumerable.Range(0, months).Select(back => current.AddMonths(back - months + 1))
            .Select(month => all.FirstOrDefault(each => each.Month == month) ?? MonthOf(month, [], new Dictionary<Guid, long>())).ToList();
        var revenue = paying.Values.Sum();
        var perCustomer = paying.Count == 0 ? 0 : revenue / paying.Count;
        var churn = all.Where(month => month.Month < current && month.LogoChurn is not null).TakeLast(ChurnMonths).Select(month => month.LogoChurn!.Value).ToList();
        return new GetRevenue.Response(
            currency, revenue, revenue * 12, paying.Count, perCustomer, churn.Count > 0 && churn.Average() > 0 ? (long)(perCustomer / churn.Average()) : null, shown,
            RevenueForecast.Of([.. all.Where(month => month.Month < current).Select(month => month.End)], revenue, current));
    }

    /// <param name="paying">What each customer pays at the start of the month, and afterwards at its end.</param>
    private static GetRevenue.MonthResponse MonthOf(DateOnly month, IReadOnlyList<RevenueChange> changes, Dictionary<Guid, long> paying)
    {
        var (start, customers) = (paying.Values.Sum(), paying.Keys.ToHashSet());
        long Sum(string kind) => changes.Where(change => change.Kind == kind).Sum(change => Math.Abs(change.AmountAfter - change.AmountBefore));
        foreach (var change in changes)
        {
            if (change.AmountAfter == 0)
            {
                paying.Remove(change.WorkspaceId);
            }
            else
            {
                paying[change.WorkspaceId] = change.AmountAfter;
            }
        }

        var lost = customers.Count(customer => !paying.ContainsKey(customer));
        var (expansion, contraction, churned, reactivated) =
            (Sum(RevenueLedger.Expansion), Sum(RevenueLedger.Contraction), Sum(RevenueLedger.Churned), Sum(RevenueLedger.Reactivated));
        return new GetRevenue.MonthResponse(
            month, start, Sum(RevenueLedger.New), expansion, contraction, churned, reactivated, paying.Values.Sum(), customers.Count,
            changes.Count(change => change.Kind == RevenueLedger.New), lost, Share(lost, customers.Count), Share(churned + contraction, start),
            Share(start + expansion + reactivated - contraction - churned, start));
    }

    private static decimal? Share(long part, long whole) => whole == 0 ? null : Math.Round((decimal)part / whole, 4);
}

/// <param name="Method"><c>holtWinters</c> with at least twelve whole months; before that <c>runRate</c>: the current revenue, assumed constant.</param>
/// <param name="Points">The next three months.</param>
public sealed record RevenueForecast(string Method, IReadOnlyList<RevenueForecast.Point> Points)
{
    private const int Ahead = 3;
    private const int MonthsNeeded = 12;

    /// <summary>Of the normal distribution, for 80 %.</summary>
    private const double Z80 = 1.2816;

    /// <param name="Low">The interval that holds 80 % of outcomes, if the past's errors are the future's; null without a model.</param>
    public sealed record Point(DateOnly Month, long Revenue, long? Low, long? High);

    /// <param name="ends">Revenue at the end of each whole month, the oldest first.</param>
    public static RevenueForecast? Of(IReadOnlyList<long> ends, long now, DateOnly current)
    {
        ArgumentNullException.ThrowIfNull(ends);
        if (ends.Count < MonthsNeeded)
        {
            return now == 0 ? null : new RevenueForecast("runRate", [.. Enumerable.Range(0, Ahead).Select(ahead => new Point(current.AddMonths(ahead), now, null, null))]);
        }

        // Holt's linear form of Holt–Winters: two years of months are needed for a season (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 8.2).
        var best = (Error: double.MaxValue, Level: 0d, Trend: 0d, Alpha: 0d, Beta: 0d);
        for (var alpha = 0.1; alpha < 1; alpha += 0.1)
        {
            for (var beta = 0.1; beta < 1; beta += 0.1)
            {
                var (error, level, trend) = Fit(ends, alpha, beta);
                best = error < best.Error ? (error, level, trend, alpha, beta) : best;
            }
        }

        var deviation = Math.Sqrt(best.Error / (ends.Count - 2));
        return new RevenueForecast("holtWinters", [.. Enumerable.Range(1, Ahead).Select(ahead => PointOf(ahead))]);

        Point PointOf(int ahead)
        {
            var expected = best.Level + (ahead * best.Trend);
            var margin = Z80 * deviation * Math.Sqrt(VarianceAt(ahead, best.Alpha, best.Alpha * best.Beta));
            return new Point(current.AddMonths(ahead - 1), Whole(expected), Whole(expected - margin), Whole(expected + margin));
        }
    }

    /// <summary>How much wider the errors of a later month are than those of the next one (Hyndman and Athanasopoulos, 8.7: Holt's method with additive errors).</summary>
    private static double VarianceAt(int ahead, double alpha, double beta) =>
        1 + ((ahead - 1) * ((alpha * alpha) + (alpha * beta * ahead) + (beta * beta * ahead * ((2 * ahead) - 1) / 6)));

    private static long Whole(double amount) => (long)Math.Max(0, Math.Round(amount));

    private static (double SquaredErrors, double Level, double Trend) Fit(IReadOnlyList<long> ends, double alpha, double beta)
    {
        double level = ends[0], trend = ends[1] - ends[0], errors = 0;
        foreach (var actual in ends.Skip(1))
        {
            var expected = level + trend;
            errors += (actual - expected) * (actual - expected);
            var before = level;
            level = (alpha * actual) + ((1 - alpha) * expected);
            trend = (beta * (level - before)) + ((1 - beta) * trend);
        }

        return (errors, level, trend);
    }
}
