using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Workspaces;

/// <summary>Erases a workspace in identity. The other services follow on <see cref="WorkspaceErased"/>.</summary>
public sealed class WorkspaceErasure(Revocations revocations, AuditTrail audit, TimeProvider time)
{
    /// <summary>
    /// Removes the workspace with members, invitations and API keys, in the caller's transaction: that of the job once the grace
    /// period has expired, or that of the erasure of an account. Members' sessions are moved to their own workspaces.
    /// </summary>
    public async Task EraseAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var keys = await work.QueryAsync<(Guid Id, string Hash)>(
            "select id, key_hash from api_keys where workspace_id = @workspaceId and revoked_at is null",
            new { workspaceId }, cancellationToken);
        foreach (var (id, hash) in keys)
        {
            work.Publish(new ApiKeyRevoked(id, workspaceId, hash, now));
            await revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken);
        }

        await revocations.RevokeAsync(work, RevocationKinds.Workspace, workspaceId.ToString(), cancellationToken);
        await work.ExecuteAsync(
            """
            update sessions s set workspace_id = own.id
            from workspaces own
            where s.workspace_id = @workspaceId and own.personal_of = s.user_id and own.id <> @workspaceId;
            delete from idempotency_keys where workspace_id = @workspaceId;
            delete from workspaces where id = @workspaceId;
            delete from workspace_plans where workspace_id = @workspaceId;
            """,
            new { workspaceId }, cancellationToken);
        work.Publish(audit.Entry("workspace.erased", "workspace", workspaceId, workspace: workspaceId));
        work.Publish(new WorkspaceErased(workspaceId, now));
    }
}

/// <summary>
/// Erases workspaces whose grace period has expired, one per transaction, so that replicas share the work and a restart repeats
/// none of it.
/// </summary>
public sealed partial class WorkspaceErasureJob(
    Database database, WorkspaceErasure erasure, DeletionClock clock, IOptions<IdentityServiceOptions> options, TimeProvider time,
    ILogger<WorkspaceErasureJob> logger)
    : BackgroundJob(What, time, logger)
{
    private const string What = "Erasing workspaces that are due";

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    protected override TimeSpan Interval => options.Value.WorkspaceErasureInterval;

    protected override Task RunAsync(CancellationToken cancellationToken) => EraseDueAsync(cancellationToken);

    /// <summary>Erases every workspace that is due; none while the clock is not trusted.</summary>
    public async Task EraseDueAsync(CancellationToken cancellationToken)
    {
        if (!await clock.IsTrustedAsync(cancellationToken))
        {
            return;
        }

        while (await EraseOneAsync(cancellationToken))
        {
        }
    }

    /// <returns>False when none is due, or other replicas are erasing those that are.</returns>
    private async Task<bool> EraseOneAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var due = await work.QuerySingleOrDefaultAsync<Guid?>(
            """
            -- every workspace: a job of the installation
            select id from workspaces where erase_after <= @Now and id <> all(@Waiting) order by erase_after limit 1 for update skip locked
            """,
            new { Now = Time.GetUtcNow(), _failed.Waiting }, cancellationToken);
        if (due is not { } workspaceId)
        {
            return false;
        }

        await _failed.TryAsync(workspaceId, () => EraseAsync(work, workspaceId, cancellationToken), cancellationToken);
        return true;
    }

    private async Task EraseAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        await erasure.EraseAsync(work, workspaceId, cancellationToken);
        await work.CommitAsync(cancellationToken);
        Log.Erased(Logger, workspaceId);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Workspace {WorkspaceId} was erased in identity; the other services were notified.")]
        public static partial void Erased(ILogger logger, Guid workspaceId);
    }
}
