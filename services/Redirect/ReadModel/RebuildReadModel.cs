using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Redirect.ReadModel;

public static class RebuildReadModel
{
    /// <summary>
    /// POST /internal/read-model/rebuild — reads all links again in the background and repairs what differs. 202 once that is recorded:
    /// from then on any replica completes it. 409 while the read model is being built already.
    /// </summary>
    public static async Task<Results<Accepted, ProblemHttpResult>> HandleAsync(ReadModelKeeper readModel, CancellationToken cancellationToken) =>
        await readModel.TryRestartAsync(cancellationToken) ? TypedResults.Accepted((string?)null) : Problems.RebuildRunning.Result();
}
