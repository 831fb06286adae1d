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
    public static void MapWorkspaceAnalytics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/app/analytics", ShowAsync).RequireAuthorization().Needs(Permissions.AnalyticsRead);

    public static async Task<Results<RazorComponentResult<WorkspaceAnalyticsPage>, ProblemPage>> ShowAsync(
        string? range, LinkShortApi api, Viewer viewer, TimeProvider time, CancellationToken cancellationToken)
    {
        var chosen = TrendRange.Named(range);
        var from = chosen.From(time.GetUtcNow(), viewer.TimeZone);
        var result = await api.AnalyticsOfWorkspaceAsync(from, chosen.Interval, viewer.TimeZoneName, cancellationToken);
        return result.Problem is { } problem && (problem.LeadsElsewhere || problem.IsForbidden)
            ? new ProblemPage(problem)
            : new RazorComponentResult<WorkspaceAnalyticsPage>(new { Range = chosen, Analytics = result.Value, result.Problem });
    }
}
