using System.ComponentModel;
using LinkShort.Analytics.KnownLinks;
using LinkShort.Analytics.Rollups;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Analytics.ReadAnalytics;

public static class ReadAnalyticsEndpoints
{
    private const string FromText = "Start of the range: a time (RFC 3339) or a date in `tz`. Default: 30 days, including the last day of the range.";
    private const string ToText = "End of the range: a time (exclusive) or a date (inclusive). Default: now.";
    private const string IntervalText = "Interval of the trend: hour, day (default), week (ISO, from Monday) or month.";
    private const string ZoneText = "IANA time zone of the days, weeks and months, e.g. Europe/Berlin. Default: UTC.";

    public static void MapReadAnalytics(this IEndpointRouteBuilder routes)
    {
        var analytics = routes.MapGroup("/api/v1").RequireAuthorization(Permissions.AnalyticsRead).WithTags("Analytics")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(503);
        analytics.MapGet("/links/{id}/analytics", OfLinkAsync).WithName("GetLinkAnalytics").WithSummary("Returns a link's clicks: totals, trend and breakdowns")
            .WithDescription("Times have a resolution of 15 minutes. A click shows up within a second or two. `geo`: [IP Geolocation by DB-IP](https://db-ip.com); "
                + "the attribution link is required wherever it is shown publicly (CC BY 4.0).").ProducesProblem(404);
        analytics.MapGet("/analytics", OfWorkspaceAsync).WithName("GetWorkspaceAnalytics").WithSummary("Returns the clicks of all links of the workspace")
            .WithDescription("The same as for one link, across all links of the workspace, including deleted ones. `geo`: [IP Geolocation by DB-IP](https://db-ip.com).");
    }

    public static async Task<Results<Ok<AnalyticsResponse>, ProblemHttpResult>> OfLinkAsync(
        Guid id,
        [Description(FromText)] string? from,
        [Description(ToText)] string? to,
        [Description(IntervalText)] string? interval,
        [Description(ZoneText)] string? tz,
        HttpRequest request,
        CurrentWorkspace workspace,
        LinkDirectory links,
        RollupReader rollups,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (AnalyticsQuery.Parse(from, to, interval, tz, time.GetUtcNow(), errors) is not { } query)
        {
            return errors.ToResult();
        }

        // The zero id stands for the whole workspace in the rollups; no link has it.
        if (id == RollupKey.AllLinks || !await links.ExistsAsync(workspace.Id, id, request.Headers.Authorization.ToString(), cancellationToken))
        {
            return Problems.NotFound.Result();
        }

        return TypedResults.Ok(AnalyticsResponse.Of(query, await rollups.ReadAsync(workspace.Id, id, query.Buckets, cancellationToken)));
    }

    public static async Task<Results<Ok<AnalyticsResponse>, ProblemHttpResult>> OfWorkspaceAsync(
        [Description(FromText)] string? from,
        [Description(ToText)] string? to,
        [Description(IntervalText)] string? interval,
        [Description(ZoneText)] string? tz,
        CurrentWorkspace workspace,
        RollupReader rollups,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        return AnalyticsQuery.Parse(from, to, interval, tz, time.GetUtcNow(), errors) is { } query
            ? TypedResults.Ok(AnalyticsResponse.Of(query, await rollups.ReadAsync(workspace.Id, RollupKey.AllLinks, query.Buckets, cancellationToken)))
            : errors.ToResult();
    }
}
