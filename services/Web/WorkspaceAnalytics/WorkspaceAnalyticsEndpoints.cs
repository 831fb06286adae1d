using LinkShort.Contracts;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Links;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.WorkspaceAnalytics;

/// <summary>The clicks of all links of the workspace.</summary>
public static class WorkspaceAnalyticsEndpoints
{
    public const string Path = "/app/analytics";

    public static void MapWorkspaceAnalytics(this IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, ShowAsync).RequireAuthorization().Needs(Permissions.AnalyticsRead);

    public static async Task<Results<RazorComponentResult<WorkspaceAnalyticsPage>, ProblemPage>> ShowAsync(
        [AsParameters] TrendQuery query, LinkShortApi api, Viewer viewer, TimeProvider time, CancellationToken cancellationToken)
    {
        var view = query.View;
        var (from, before, end) = view.Bounds(time.GetUtcNow(), viewer.TimeZone);
        var (current, previous) = (
            api.AnalyticsOfWorkspaceAsync(from, view.Interval, viewer.TimeZoneName, cancellationToken),
            LinkEndpoints.OptionalAsync(
                limit => view.Compares ? api.AnalyticsOfWorkspaceAsync(before, view.Interval, viewer.TimeZoneName, limit, end) : Task.FromResult<ApiResult<Analytics>>(ApiProblem.NotFound),
                cancellationToken));
        await Task.WhenAll(current, previous);
        var result = await current;
        return result.Problem is { } problem && (problem.LeadsElsewhere || problem.IsForbidden)
            ? new ProblemPage(problem)
            : new RazorComponentResult<WorkspaceAnalyticsPage>(new { View = view, Analytics = result.Value, Previous = await previous, result.Problem });
    }
}
