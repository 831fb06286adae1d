using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>DELETE /api/v1/links/{id}</summary>
public static class RemoveLink
{
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, CurrentWorkspace workspace, Database database, ShortUrls urls, AuditTrail audit, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (await LinkStore.LockAsync(work, workspace.Id, id, cancellationToken) is not { } link)
        {
            return Problems.NotFound.Result();
        }

        if (!ETags.IfMatch(context.Request, link.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        await work.ExecuteAsync(
            "delete from links where workspace_id = @WorkspaceId and id = @Id",
            new { link.WorkspaceId, link.Id }, cancellationToken);
        work.Publish(new LinkRemoved(
            link.Id, link.WorkspaceId, link.Domain, link.Code, link.Version + 1, time.GetUtcNow().ToMicroseconds()));
        work.Publish(audit.Entry("link.deleted", "link", link.Id, before: LinkResponse.Of(link, urls)));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
