using System.ComponentModel;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Links;

/// <summary>DELETE /api/v1/links/{id}</summary>
public static class RemoveLink
{
    public const string Description =
        "The link stops working at once and leaves every list but `status=deleted`. For 30 days it keeps its code and its aliases, and `POST /links/{id}/restore` brings it "
        + "back with its clicks; then it is deleted permanently. `permanent=true` deletes a link, deleted already or not, permanently now: its codes become available to everyone. "
        + "With `onlyIfDeleted=true`, that is a conflict for a link that isn't deleted already, as when somebody has restored it meanwhile.";

    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id,
        [FromQuery(Name = "permanent"), Description("true: can't be undone. Default: false.")] bool? permanent,
        [FromQuery(Name = "onlyIfDeleted"), Description("Together with permanent. true: 409 for a link that isn't deleted already. Default: false.")] bool? onlyIfDeleted,
        LinkUpdate update, LinkPurge purge, CurrentWorkspace workspace, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        if (permanent is true)
        {
            return await purge.DeleteAsync(workspace.Id, id, onlyIfDeleted is true, context.Request, cancellationToken);
        }

        var answer = await update.ApplyAsync(id, (link, _) => link with { DeletedAt = time.GetUtcNow().ToMicroseconds() }, cancellationToken);
        // The tag of a resource that GET no longer finds.
        context.Response.Headers.ETag = default;
        return answer.Result is ProblemHttpResult problem ? problem : TypedResults.NoContent();
    }
}
