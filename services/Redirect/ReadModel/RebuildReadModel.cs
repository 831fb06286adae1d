using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Redirect.ReadModel;

public static class RebuildReadModel
{
    /// <summary>
    /// POST /internal/read-model/rebuild?force= — reads all links again in the background and repairs differing routes. 202 once the request
    /// is recorded, after which any replica completes it. 409 while the read model is being built.
    /// </summary>
    /// <param name="force">True to remove the routes of links that links lacks, even if these are more than half of all links.</param>
    public static async Task<Results<Accepted, ProblemHttpResult>> HandleAsync(bool? force, ReadModelBuilder readModel, CancellationToken cancellationToken) =>
        await readModel.TryRestartAsync(force == true, cancellationToken) ? TypedResults.Accepted("/internal/read-model/rebuild") : Problems.RebuildRunning.Result();

    /// <summary>GET /internal/read-model/rebuild — the progress of the running rebuild, or the outcome of the last one.</summary>
    public static async Task<Ok<RebuildReport>> ReadAsync(RouteStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(await store.RebuildReportAsync(cancellationToken));
}
