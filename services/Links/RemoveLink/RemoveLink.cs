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

    /// <remarks>Properties instead of a primary constructor: ASP.NET's OpenAPI document fails on descriptions of constructor parameters.</remarks>
    public sealed record Parameters
    {
        [FromQuery(Name = "permanent"), Description("true: can't be undone. Default: false.")]
        public bool? Permanent { get; init; }

        [FromQuery(Name = "onlyIfDeleted"), Description("Together with permanent. true: 409 for a link that isn't deleted already. Default: false.")]
        public bool? OnlyIfDeleted { get; init; }
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, [AsParameters] Parameters parameters, LinkUpdate update, LinkPurge purge, CurrentWorkspace workspace, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        if (parameters.Permanent is true)
        {
            return await purge.DeleteAsync(workspace.Id, id, parameters.OnlyIfDeleted is true, context.Request, cancellationToken);
        }

        var answer = await update.ApplyAsync(id, (link, _) => link with { DeletedAt = time.GetUtcNow().ToMicroseconds() }, cancellationToken);
        // The tag of a resource that GET no longer finds.
        context.Response.Headers.ETag = default;
        return answer.Result is ProblemHttpResult problem ? problem : TypedResults.NoContent();
    }
}
