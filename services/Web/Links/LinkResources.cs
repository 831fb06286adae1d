using System.Text.Json.Serialization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Links;

/// <summary>The parameters of <c>GET /links</c>.</summary>
public sealed record LinkQuery(int Limit)
{
    public string? Search { get; init; }

    public string? Status { get; init; }

    public string? Tag { get; init; }

    public string? Domain { get; init; }

    public string? CreatedBy { get; init; }

    public string? CreatedFrom { get; init; }

    public string? CreatedTo { get; init; }

    public string? Sort { get; init; }

    public string? Order { get; init; }

    public string? Cursor { get; init; }

    /// <summary>Counts all matches too.</summary>
    public bool WithCount { get; init; }
}

/// <param name="Total">On all pages; 10,000 means as many or more.</param>
public sealed record LinkList(IReadOnlyList<Link> Items, string? NextCursor, long? Total)
{
    public const long MostCounted = 10_000;
}

/// <param name="Links">Number of links that have it.</param>
public sealed record LinkTag(string Name, long Links);

public sealed record TagList(IReadOnlyList<LinkTag> Items);

/// <param name="Clicks">Per day, the last one today.</param>
public sealed record LinkDays(Guid Id, IReadOnlyList<long> Clicks);

public sealed record DailyClicks(IReadOnlyList<LinkDays> Items);

/// <summary>The body of <c>PATCH /links</c>.</summary>
public sealed record LinksChange(IReadOnlyList<Guid> Ids)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Archived { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Deleted { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AddTags { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? RemoveTags { get; init; }
}

/// <param name="Outcome">changed, unchanged, notFound or tooManyTags.</param>
public sealed record LinkOutcome(Guid Id, string Outcome);

public sealed record ChangedLinks(int Changed, IReadOnlyList<LinkOutcome> Results)
{
    public IReadOnlyList<Guid> ChangedIds => [.. Results.Where(result => result.Outcome == "changed").Select(result => result.Id)];

    public int CountOf(string outcome) => Results.Count(result => result.Outcome == outcome);
}
