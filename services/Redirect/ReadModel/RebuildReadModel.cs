using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Redirect.ReadModel;

public static class RebuildReadModel
{
    /// <summary>
    /// POST /internal/read-model/rebuild?force= — reads all links again in the background and repairs what differs. 202 once that is
    /// recorded: from then on any replica completes it. 409 while the read model is being built already.
    /// </summary>
    /// <param name="force">True: routes of links that links lacks are removed, even if these are more than half of all links.</param>
    public static async Task<Results<Accepted, ProblemHttpResult>> HandleAsync(bool? force, ReadModelBuilder readModel, CancellationToken cancellationToken) =>
        await readModel.TryRestartAsync(force == true, cancellationToken) ? TypedResults.Accepted("/internal/read-model/rebuild") : Problems.RebuildRunning.Result();

    /// <summary>GET /internal/read-model/rebuild — how far the rebuild is that is running, or how the last one ended.</summary>
    public static async Task<Ok<RebuildReport>> ReadAsync(RouteStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(await store.RebuildReportAsync(cancellationToken));
}
