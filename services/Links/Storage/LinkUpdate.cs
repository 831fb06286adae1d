using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links.Storage;

/// <summary>Changes one link: reads it under a lock, checks If-Match, writes the next version and publishes it.</summary>
public sealed class LinkUpdate(
    CurrentWorkspace workspace, Database database, CodeKeys keys, ShortUrls urls, AuditTrail audit, LinksMetrics metrics, TimeProvider time,
    IHttpContextAccessor accessor)
{
    /// <param name="change">Returns the changed link, or adds errors to refuse the change.</param>
    public async Task<Results<Ok<LinkResponse>, ProblemHttpResult>> ApplyAsync(
        Guid id, Func<Link, ValidationErrors, Link> change, CancellationToken cancellationToken)
    {
        var context = accessor.HttpContext!;
        await using var work = await database.BeginAsync(cancellationToken);
        if (await LinkStore.LockAsync(work, workspace.Id, id, cancellationToken) is not { } before)
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
                return Problems.CodeTaken.Result();
            }

            after = after with { Version = before.Version + 1, UpdatedAt = time.GetUtcNow().ToMicroseconds() };
            await LinkStore.UpdateAsync(work, after, cancellationToken);
            work.Publish(new LinkChanged(after.ToSnapshot()));
            work.Publish(audit.Change(ActionOf(before, after), "link", after.Id, LinkResponse.Of(before, urls), LinkResponse.Of(after, urls)));
            await work.CommitAsync(cancellationToken);
        }

        ETags.Write(context.Response, after.Version);
        return TypedResults.Ok(LinkResponse.Of(after, urls));
    }

    private static string ActionOf(Link before, Link after) =>
        before.Archived == after.Archived ? "link.changed" : after.Archived ? "link.archived" : "link.restored";
}
