using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links.Storage;

/// <summary>Changes links: reads them under a lock, writes the next version and publishes it. Deleting and restoring are changes, too.</summary>
public sealed class LinkUpdate(
    CurrentWorkspace workspace, Database database, CodeKeys keys, ShortUrls urls, AuditTrail audit, LinksMetrics metrics, TimeProvider time,
    IHttpContextAccessor accessor)
{
    /// <summary>Changes one link, if it matches If-Match.</summary>
    /// <param name="change">Returns the changed link, or adds errors to refuse the change.</param>
    /// <param name="isDeletedFound">Finds deleted links, too.</param>
    public async Task<Results<Ok<LinkResponse>, ProblemHttpResult>> ApplyAsync(
        Guid id, Func<Link, ValidationErrors, Link> change, CancellationToken cancellationToken, bool isDeletedFound = false)
    {
        var context = accessor.HttpContext!;
        await using var work = await database.BeginAsync(cancellationToken);
        if (await LinkStore.LockAnyAsync(work, workspace.Id, id, cancellationToken) is not { } before || (before.DeletedAt is not null && !isDeletedFound))
        {
            return Problems.NotFound.Result();
        }

        if (!ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        var errors = new ValidationErrors();
        var after = change(before, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        // A repeated change has no effect and is not published.
        if (!after.HasSameContentAs(before))
        {
            if (!await LinkCodes.MoveAsync(work, keys, before, after, cancellationToken))
            {
                metrics.CodeTaken();
                return await LinkCodes.ConflictAsync(work.Connection, keys, after, cancellationToken);
            }

            after = await WriteAsync(work, before, after, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }

        ETags.Write(context.Response, after.Version);
        return TypedResults.Ok(LinkResponse.Of(after, urls));
    }

    /// <summary>Writes and publishes a change of a link that the transaction has locked.</summary>
    /// <returns>The next version.</returns>
    public async Task<Link> WriteAsync(UnitOfWork work, Link before, Link after, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToMicroseconds();
        var next = after with { Version = before.Version + 1, UpdatedAt = now };
        await LinkStore.UpdateAsync(work, next, cancellationToken);
        if (next.DeletedAt is null)
        {
            work.Publish(new LinkChanged(next.ToSnapshot()));
        }
        else
        {
            work.Publish(new LinkRemoved(next.Id, next.WorkspaceId, next.Domain, next.Code, next.Version, now) { IsRestorable = true });
        }

        work.Publish((WasDeleted: before.DeletedAt is not null, IsDeleted: next.DeletedAt is not null) switch
        {
            (false, true) => audit.Entry("link.deleted", "link", next.Id, before: LinkResponse.Of(before, urls)),
            (true, false) => audit.Entry("link.restored", "link", next.Id, after: LinkResponse.Of(next, urls)),
            _ => audit.Change(ActionOf(before, next), "link", next.Id, LinkResponse.Of(before, urls), LinkResponse.Of(next, urls), name: "shortUrl"),
        });
        return next;
    }

    private static string ActionOf(Link before, Link after) =>
        before.Archived == after.Archived ? "link.changed" : after.Archived ? "link.archived" : "link.restored";
}
