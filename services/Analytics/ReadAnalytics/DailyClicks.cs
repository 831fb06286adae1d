using System.ComponentModel;
using Dapper;
using LinkShort.Analytics.Rollups;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>GET /api/v1/analytics/daily-clicks: for lists of links, which show a small trend beside each.</summary>
public static class DailyClicks
{
    public const int MaxLinks = 200;
    public const int MaxDays = 90;

    public const string Description =
        "Clicks by people per day in UTC, oldest first, today last: each list has `days` numbers. Links without clicks, and ids that the workspace has no link for, have zeros. "
        + "Reads one small row per link and day with clicks.";

    /// <param name="Id">The link.</param>
    public sealed record LinkDays(Guid Id, IReadOnlyList<long> Clicks);

    /// <param name="From">The first day.</param>
    /// <param name="Items">In the order of the ids.</param>
    public sealed record Response(DateOnly From, int Days, IReadOnlyList<LinkDays> Items);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        [FromQuery(Name = "ids"), Description("1 to 200 ids of links, separated by commas.")] string? ids,
        [FromQuery(Name = "days"), Description("Number of days, 1 to 90. Default: 30.")] int? days,
        CurrentWorkspace workspace,
        Database database,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var links = Parse(ids, errors);
        var count = days ?? AnalyticsQuery.DefaultDays;
        if (count is < 1 or > MaxDays)
        {
            errors.Add("days", FieldRules.Range(1, MaxDays));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        var first = Grain.Day.Floor(time.GetUtcNow().UtcDateTime).AddDays(1 - count);
        await using var connection = await database.OpenAsync(cancellationToken);
        // The primary key finds the rows; the workspace in it keeps others' links out.
        var rows = await connection.QueryAsync<Row>(
            """
            select link_id, start, clicks from rollups
            where workspace_id = @WorkspaceId and link_id = any(@links) and grain = @Grain and start >= @first and start < @End
            """,
            new { WorkspaceId = workspace.Id, links, Grain = (short)Grain.Day, first, End = first.AddDays(count) }, cancellationToken);
        var clicks = links.ToDictionary(link => link, _ => new long[count]);
        foreach (var row in rows)
        {
            clicks[row.LinkId][(row.Start - first).Days] = row.Clicks;
        }

        return TypedResults.Ok(new Response(DateOnly.FromDateTime(first), count, [.. links.Select(link => new LinkDays(link, clicks[link]))]));
    }

    private static Guid[] Parse(string? ids, ValidationErrors errors)
    {
        var links = new HashSet<Guid>();
        foreach (var id in (ids ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // The empty id means the whole workspace in the rollups.
            if (links.Count == MaxLinks || !Guid.TryParse(id, out var link) || link == RollupKey.AllLinks)
            {
                links.Clear();
                break;
            }

            links.Add(link);
        }

        if (links.Count == 0)
        {
            errors.Add("ids", AnalyticsTexts.Of("query.links", ("max", MaxLinks)));
        }

        return [.. links];
    }

    private sealed record Row(Guid LinkId, DateTime Start, long Clicks);
}
