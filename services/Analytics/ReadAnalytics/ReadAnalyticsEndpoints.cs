using LinkShort.Analytics.KnownLinks;
using LinkShort.Analytics.Rollups;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Analytics.ReadAnalytics;

public static class ReadAnalyticsEndpoints
{
    public static void MapReadAnalytics(this IEndpointRouteBuilder routes)
    {
        var analytics = routes.MapGroup("/api/v1").RequireAuthorization(Permissions.AnalyticsRead).WithTags("Analytics")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(503);
        analytics.MapGet("/links/{id}/analytics", OfLinkAsync).WithName("GetLinkAnalytics").WithSummary("Returns a link's clicks: totals, trend and breakdowns")
            .WithDescription("Times have a resolution of 15 minutes. A click shows up within a second or two. `geo`: [IP Geolocation by DB-IP](https://db-ip.com); "
                + "the attribution link is required wherever it is shown publicly (CC BY 4.0).").ProducesProblem(404);
        analytics.MapGet("/analytics/daily-clicks", DailyClicks.HandleAsync).WithName("GetDailyClicks").WithSummary("Returns the daily clicks of up to 200 links")
            .WithDescription(DailyClicks.Description);
        analytics.MapGet("/analytics", OfWorkspaceAsync).WithName("GetWorkspaceAnalytics").WithSummary("Returns the clicks of all links of the workspace")
            .WithDescription("The same as for one link, across all links of the workspace, including deleted ones. `geo`: [IP Geolocation by DB-IP](https://db-ip.com).");
    }

    public static async Task<Results<Ok<AnalyticsResponse>, ProblemHttpResult>> OfLinkAsync(
        Guid id,
        [AsParameters] AnalyticsParameters parameters,
        HttpRequest request,
        CurrentWorkspace workspace,
        LinkDirectory links,
        RollupReader rollups,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (parameters.Parse(time.GetUtcNow(), errors) is not { } query)
        {
            return errors.ToResult();
        }

        // In the rollups the empty id means the whole workspace; no link has it.
        if (id == RollupKey.AllLinks || !await links.ExistsAsync(workspace.Id, id, request.Headers.Authorization.ToString(), cancellationToken))
        {
            return Problems.NotFound.Result();
        }

        return TypedResults.Ok(AnalyticsResponse.Of(query, await rollups.ReadAsync(workspace.Id, id, query.Buckets, cancellationToken)));
    }

    public static async Task<Results<Ok<AnalyticsResponse>, ProblemHttpResult>> OfWorkspaceAsync(
        [AsParameters] AnalyticsParameters parameters,
        CurrentWorkspace workspace,
        RollupReader rollups,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        return parameters.Parse(time.GetUtcNow(), errors) is { } query
            ? TypedResults.Ok(AnalyticsResponse.Of(query, await rollups.ReadAsync(workspace.Id, RollupKey.AllLinks, query.Buckets, cancellationToken)))
            : errors.ToResult();
    }
}
