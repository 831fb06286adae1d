namespace LinkShort.Web.Links;

/// <summary>A period up to now that the trend can show.</summary>
/// <param name="Name">In the URL, such as <c>30d</c>.</param>
/// <param name="Unit">Of <paramref name="Count"/>: hour, day or month.</param>
/// <param name="Count">Number of units, including the current one.</param>
/// <param name="Intervals">
/// Intervals of the API that divide the period into a readable number of points. The first is the default.
/// </param>
public sealed record TrendRange(string Name, string Unit, int Count, IReadOnlyList<string> Intervals)
{
    public static readonly IReadOnlyList<TrendRange> All =
    [
        new("24h", "hour", 24, ["hour"]), new("7d", "day", 7, ["day", "hour"]), new("30d", "day", 30, ["day", "week"]),
        new("90d", "day", 90, ["day", "week", "month"]), new("12m", "month", 12, ["month", "week", "day"]),
    ];

    /// <summary>From the shortest to the longest, as they are offered.</summary>
    public static readonly IReadOnlyList<string> AllIntervals = ["hour", "day", "week", "month"];

    /// <returns>30 days if there is no such range.</returns>
    public static TrendRange Named(string? name) => All.FirstOrDefault(range => range.Name == name) ?? All[2];
}
