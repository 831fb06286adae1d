using LinkShort.Contracts;
using LinkShort.Identity.Workspaces;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.Administration.Suspensions;

/// <summary>
/// Suspended workspaces are read-only, and links stops their links, by the same suspension that
/// <c>./linkshort suspend workspace</c> makes. Operators can use either: identity and links notify each other. Both check their own
/// database at each change, so no token has to be revoked.
/// </summary>
public sealed class WorkspaceSuspensions(OperatorLog log, TimeProvider time)
{
    /// <returns>The refusal; null when done.</returns>
    public async Task<ProblemHttpResult?> ChangeAsync(
        UnitOfWork work, Guid workspaceId, bool suspended, string reason, CancellationToken cancellationToken)
    {
        if (!await WorkspaceAccess.LockAsync(work, workspaceId, cancellationToken))
        {
            return Problems.NotFound.Result();
        }

        var before = await work.QuerySingleOrDefaultAsync<State>(
            "select suspended, reason from workspace_suspensions where workspace_id = @workspaceId",
            new { workspaceId }, cancellationToken);
        if (!suspended && before is not { Suspended: true })
        {
            return Problems.NotFound.Result(IdentityTexts.Of("administration.workspaceNotSuspended"));
        }

        var (version, now) = await SetAsync(work, workspaceId, suspended, reason, cancellationToken);
        work.Publish(new WorkspaceSuspensionChanged(workspaceId, suspended, suspended ? reason : null, version, now));
        log.Record(
            work, suspended ? "workspace.suspended" : "workspace.restored", "workspace", workspaceId,
            before: before is { Suspended: true } ? new { before.Reason } : null, after: new { reason }, concerned: workspaceId);
        return null;
    }

    public static Task<bool> IsSuspendedAsync(
        NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken)
    {
        return connection.ExecuteScalarAsync<bool>(
            "select exists (select from workspace_suspensions where workspace_id = @workspaceId and suspended)",
            new { workspaceId }, cancellationToken);
    }

    /// <summary>Applies a change that the command line made in links.</summary>
    internal async Task MirrorAsync(UnitOfWork work, Guid workspaceId, bool suspended, string? reason, CancellationToken cancellationToken)
    {
        if (!await WorkspaceAccess.LockAsync(work, workspaceId, cancellationToken))
        {
            // Erased; links erases its links on WorkspaceErased.
            return;
        }

        var known = await work.ExecuteScalarAsync<bool?>(
            "select suspended from workspace_suspensions where workspace_id = @workspaceId",
            new { workspaceId }, cancellationToken) ?? false;
        if (known != suspended)
        {
            await SetAsync(work, workspaceId, suspended, reason ?? "", cancellationToken);
        }
    }

    private async Task<(long Version, DateTimeOffset Now)> SetAsync(
        UnitOfWork work, Guid workspaceId, bool suspended, string reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var version = await work.ExecuteScalarAsync<long>(
            """
            insert into workspace_suspensions as x (workspace_id, suspended, reason, version, changed_at)
            values (@workspaceId, @suspended, @reason, 1, @now)
            on conflict (workspace_id) do update set
                suspended = excluded.suspended, reason = excluded.reason, version = x.version + 1, changed_at = excluded.changed_at
            returning version
            """,
            new { workspaceId, suspended, reason, now }, cancellationToken);
        return (version, now);
    }

    private sealed record State(bool Suspended, string Reason);
}

/// <summary>links publishes every suspension; those that identity requested are ignored here.</summary>
public sealed class SuspensionChangedConsumer(Database database, WorkspaceSuspensions suspensions) : InboxConsumer<SuspensionChanged>(database)
{
    protected override Task HandleAsync(SuspensionChanged message, UnitOfWork work, CancellationToken cancellationToken)
    {
        return message.Kind == "workspace" && message.IdentityVersion is null && Guid.TryParse(message.Target, out var workspaceId)
            ? suspensions.MirrorAsync(work, workspaceId, message.Suspended, message.Reason, cancellationToken)
            : Task.CompletedTask;
    }
}
