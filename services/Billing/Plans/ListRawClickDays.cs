using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Plans;

/// <summary>GET /internal/raw-click-days, for analytics: how long the plan of each workspace keeps single clicks.</summary>
public static class ListRawClickDays
{
    private const int PageSize = 5_000;

    /// <param name="DefaultDays">Of workspaces that no page lists; null is unlimited.</param>
    /// <param name="Workspaces">By id.</param>
    /// <param name="Next">The parameter <c>after</c> of the next page; null on the last one.</param>
    public sealed record Response(int? DefaultDays, IReadOnlyList<WorkspaceResponse> Workspaces, Guid? Next);

    /// <param name="Days">Null is unlimited.</param>
    public sealed record WorkspaceResponse(Guid WorkspaceId, int? Days);

    public static async Task<Ok<Response>> HandleAsync(Guid? after, Database database, PlanCatalog plans, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        // A workspace that is back on the default plan has what that allows now, whatever was stored.
        var rows = await connection.QueryAsync<WorkspaceResponse>(
            """
            -- every workspace: those with a plan of their own, one page after the other
            select workspace_id, (entitlements ->> 'rawClickDays')::int as days from current_plans
            where workspace_id > @After and source <> @Default order by workspace_id limit @PageSize
            """,
            new { After = after ?? Guid.Empty, PlanSources.Default, PageSize }, cancellationToken);
        return TypedResults.Ok(new Response(plans.Default.RawClickDays, rows, rows.Count == PageSize ? rows[^1].WorkspaceId : null));
    }
}
