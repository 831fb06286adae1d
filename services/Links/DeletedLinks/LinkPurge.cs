using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>Deletes links permanently. Their codes become available.</summary>
public sealed class LinkPurge(Database database, AuditTrail audit, ShortUrls urls, TimeProvider time)
{
    /// <summary>Deletes a link, if it matches If-Match.</summary>
    /// <param name="onlyIfDeleted">A link that isn't deleted already, because it was restored, stays: 409.</param>
    public async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        Guid workspaceId, Guid id, bool onlyIfDeleted, HttpRequest request, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (await LinkStore.LockAnyAsync(work, workspaceId, id, cancellationToken) is not { } link)
        {
            return Problems.NotFound.Result();
        }

        if (!ETags.IfMatch(request, link.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        if (onlyIfDeleted && link.DeletedAt is null)
        {
            return Problems.Conflict.Result(LinksTexts.Of("list.notDeleted"));
        }

        await DeleteAsync(work, link, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <param name="link">Locked by the transaction.</param>
    public async Task DeleteAsync(UnitOfWork work, Link link, CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            "delete from links where workspace_id = @WorkspaceId and id = @Id",
            new { link.WorkspaceId, link.Id }, cancellationToken);
        work.Publish(new LinkRemoved(
            link.Id, link.WorkspaceId, link.Domain, link.Code, link.Version + 1, time.GetUtcNow().ToMicroseconds()));
        // The entry of the deletion has the content.
        work.Publish(audit.Entry(
            "link.purged", "link", link.Id, before: link.DeletedAt is null ? LinkResponse.Of(link, urls) : null, workspace: link.WorkspaceId));
    }
}

/// <summary>Deletes links permanently that were deleted <see cref="Link.DeletedFor"/> ago, while the clock is trusted.</summary>
public sealed class LinkPurgeJob(Database database, LinkPurge purge, DeletionClock clock, TimeProvider time, ILogger<LinkPurgeJob> logger)
    : BackgroundJob("Deleting links whose deletion can no longer be undone", time, logger)
{
    private const int Batch = 200;

    protected override TimeSpan Interval => TimeSpan.FromHours(1);

    protected override TimeSpan FirstAfter => TimeSpan.FromMinutes(1);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await PurgeAsync(cancellationToken) == Batch)
        {
        }
    }

    /// <summary>Deletes a batch of those that are due; replicas share the work.</summary>
    public async Task<int> PurgeAsync(CancellationToken cancellationToken)
    {
        if (!await clock.IsTrustedAsync(cancellationToken))
        {
            return 0;
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var due = await work.QueryAsync<Link>(
            $"""
            -- every workspace: a job of the installation
            select {LinkStore.Columns} from links where deleted_at <= @Due order by deleted_at limit {Batch} for update skip locked
            """,
            new { Due = Time.GetUtcNow() - Link.DeletedFor }, cancellationToken);
        foreach (var link in due)
        {
            await purge.DeleteAsync(work, link, cancellationToken);
        }

        await work.CommitAsync(cancellationToken);
        return due.Count;
    }
}
