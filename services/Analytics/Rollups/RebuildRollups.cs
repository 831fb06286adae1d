using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Analytics.Rollups;

public static class RebuildRollups
{
    /// <summary>For operators, behind the internal key. The gateway does not route it.</summary>
    public static void MapRebuildRollups(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/internal/rollups/rebuild", HandleAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();

    /// <summary>
    /// POST /internal/rollups/rebuild — computes rollups and totals again from the stored raw clicks. 202 once the request is recorded, after
    /// which any replica completes it. 409 while a rebuild is running.
    /// </summary>
    public static async Task<Results<Accepted, ProblemHttpResult>> HandleAsync(RollupRebuild rebuild, CancellationToken cancellationToken) =>
        await rebuild.TryStartAsync(cancellationToken) ? TypedResults.Accepted((string?)null) : Problems.RebuildRunning.Result();
}
