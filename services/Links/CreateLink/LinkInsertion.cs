using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Links.Quota;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>Inserts a link with its event and its audit entry in one transaction.</summary>
public sealed class LinkInsertion(Database database, CodeGenerator codes, CodeKeys keys, ShortUrls urls, LinkQuota quota, AuditTrail audit, LinksMetrics metrics)
{
    /// <summary>With 56^7 codes, even a billion links collide once in 1,700 draws: ten collisions in a row mean a broken generator.</summary>
    private const int MaxDraws = 10;

    /// <param name="code">Null generates one.</param>
    /// <param name="operation">The idempotent operation; if an earlier attempt committed, its link is returned.</param>
    /// <returns>The link, or the refusal: the code is taken, or the plan's links are used up.</returns>
    public async Task<(Link? Link, ProblemHttpResult? Refusal)> InsertAsync(Link draft, Slug? code, IdempotentOperation? operation, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        // An attempt under the same Idempotency-Key may have committed without its response being stored.
        if (operation is { Resumed: true } && await LinkStore.LockAnyAsync(work, draft.WorkspaceId, operation.Id, cancellationToken) is { } earlier)
        {
            return (earlier, null);
        }

        var link = code is null
            ? await InsertWithNewCodeAsync(work, draft, cancellationToken)
            : await TryInsertAsync(work, draft with { Code = code.Value }, cancellationToken);
        if (link is null)
        {
            metrics.CodeTaken();
            return (null, await LinkCodes.ConflictAsync(work.Connection, keys, draft with { Code = code!.Value }, cancellationToken));
        }

        if (await quota.TakeAsync(work, draft.WorkspaceId, 1, cancellationToken) is { } refusal)
        {
            return (null, refusal);
        }

        work.Publish(new LinkChanged(link.ToSnapshot()));
        work.Publish(audit.Entry("link.created", "link", link.Id, after: LinkResponse.Of(link, urls)));
        await work.CommitAsync(cancellationToken);
        metrics.Created(customCode: code is not null);
        return (link, null);
    }

    private async Task<Link?> InsertWithNewCodeAsync(UnitOfWork work, Link draft, CancellationToken cancellationToken)
    {
        for (var draws = 0; draws < MaxDraws; draws++)
        {
            if (await TryInsertAsync(work, draft with { Code = codes.Next().Value }, cancellationToken) is { } link)
            {
                return link;
            }

            metrics.Collided();
        }

        throw new InvalidOperationException($"{MaxDraws} consecutive generated codes were taken: the generator repeats itself.");
    }

    /// <returns>Null if another link has the code. Waits for a concurrent transaction that is about to take it.</returns>
    private async Task<Link?> TryInsertAsync(UnitOfWork work, Link link, CancellationToken cancellationToken)
    {
        var inserted = await work.ExecuteAsync(
            """
            with taken as (
                insert into link_codes (domain, code_key, link_id, workspace_id) values (@Domain, @CodeKey, @Id, @WorkspaceId)
                on conflict (domain, code_key) do nothing
                returning link_id
            )
            insert into links (id, workspace_id, domain, code, url, title, notes, tags, redirect_type, active_from, expires_at, behavior,
                archived, clicks, version, created_by, created_at, updated_at)
            select @Id, @WorkspaceId, @Domain, @Code, @Url, @Title, @Notes, @Tags, @RedirectType, @ActiveFrom, @ExpiresAt, @Behavior,
                @Archived, 0, @Version, @CreatedBy, @CreatedAt, @UpdatedAt
            from taken
            """,
            new
            {
                link.Id, link.WorkspaceId, link.Domain, link.Code, CodeKey = keys.Of(link.Domain, link.Code), link.Url, link.Title, link.Notes, link.Tags, link.RedirectType,
                link.ActiveFrom, link.ExpiresAt, link.Behavior, link.Archived, link.Version, link.CreatedBy, link.CreatedAt, link.UpdatedAt,
            },
            cancellationToken);
        return inserted == 1 ? link : null;
    }
}
