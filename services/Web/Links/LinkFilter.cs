using System.Globalization;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Links;

/// <summary>What the links page shows, as in its URL. Texts as entered: the API refuses what isn't valid.</summary>
public sealed record LinkFilter
{
    public const string Path = "/app/links";
    public const int Step = 25;
    public const int MaxRows = 200;

    public static readonly IReadOnlyList<string> Statuses = ["active", "scheduled", "expired", "usedUp", "archived", "deleted", "all"];

    /// <summary>Names in the URL, with the API's sort and order. The first is the default.</summary>
    public static readonly IReadOnlyList<(string Name, string Sort, string Order)> Sorts =
    [
        ("newest", "created", "desc"), ("oldest", "created", "asc"), ("most", "clicks", "desc"), ("fewest", "clicks", "asc"), ("title", "title", "asc"), ("title-desc", "title", "desc"),
    ];

    [FromQuery(Name = "search")]
    public string? Search { get; init; }

    [FromQuery(Name = "status")]
    public string? Status { get; init; }

    [FromQuery(Name = "tag")]
    public string? Tag { get; init; }

    [FromQuery(Name = "domain")]
    public string? Domain { get; init; }

    /// <summary>Id of the creator.</summary>
    [FromQuery(Name = "by")]
    public string? By { get; init; }

    /// <summary>yyyy-MM-dd in the viewer's time zone.</summary>
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    /// <summary>The last day, inclusive.</summary>
    [FromQuery(Name = "to")]
    public string? To { get; init; }

    [FromQuery(Name = "sort")]
    public string? Sort { get; init; }

    /// <summary>Number of rows shown.</summary>
    [FromQuery(Name = "rows")]
    public string? Rows { get; init; }

    /// <summary>Of the page before, after <see cref="MaxRows"/> rows.</summary>
    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }

    public int RowCount => int.TryParse(Rows, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) ? Math.Clamp(rows, Step, MaxRows) : Step;

    public bool IsDeleted => Status == "deleted";

    public bool IsFirstPage => string.IsNullOrEmpty(Cursor);

    /// <summary>Filters beside the search, with the filter without each.</summary>
    public IReadOnlyList<(string Name, string Value, LinkFilter Without)> Active =>
    [
        .. new[]
        {
            ("status", Status, this with { Status = null }), ("tag", Tag, this with { Tag = null }), ("domain", Domain, this with { Domain = null }),
            ("by", By, this with { By = null }), ("from", From, this with { From = null }), ("to", To, this with { To = null }),
        }.Where(each => !string.IsNullOrWhiteSpace(each.Item2)).Select(each => (each.Item1, each.Item2!, each.Item3 with { Cursor = null })),
    ];

    public bool IsEmpty => string.IsNullOrWhiteSpace(Search) && Active.Count == 0;

    public string SortName => Sorts.Any(sort => sort.Name == Sort) ? Sort! : Sorts[0].Name;

    public LinkFilter SortedBy(string name) => this with { Sort = name, Cursor = null };

    /// <param name="zone">The viewer's, in which days start.</param>
    public LinkQuery ToQuery(TimeZoneInfo zone)
    {
        var (_, sort, order) = Sorts.First(each => each.Name == SortName);
        return new LinkQuery(RowCount)
        {
            Search = Text(Search), Status = Text(Status), Tag = Text(Tag), Domain = Text(Domain), CreatedBy = Text(By), CreatedFrom = Layout.LocalDay.Start(From, 0, zone),
            CreatedTo = Layout.LocalDay.Start(To, 1, zone), Sort = sort, Order = order, Cursor = Text(Cursor), WithCount = true,
        };
    }

    /// <summary>Without what is empty or the default.</summary>
    public string ToUrl()
    {
        var query = QueryString.Empty;
        foreach (var (name, value) in new[]
        {
            ("search", Search), ("status", Status), ("tag", Tag), ("domain", Domain), ("by", By), ("from", From), ("to", To), ("sort", SortName == Sorts[0].Name ? null : SortName),
            ("rows", RowCount == Step ? null : RowCount.ToString(CultureInfo.InvariantCulture)), ("cursor", Cursor),
        })
        {
            query = Text(value) is { } text ? query.Add(name, text) : query;
        }

        return Path + query;
    }

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
