using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.AuditLog;

/// <summary>
/// Removes entries older than the retention of the workspace's plan from the front of their chain. The rest still verifies: the chain's
/// row keeps the hash of the last removed entry, and an entry in the chain records how far retention went.
/// </summary>
public sealed partial class AuditRetention(
    Database database, AuditChains chains, DeletionClock clock, IOptions<AuditLogOptions> options, TimeProvider time, ILogger<AuditRetention> logger)
    : BackgroundJob(What, time, logger)
{
    public const string Action = "audit.purged";

    private const string What = "Purging old entries of the audit log";

    /// <summary>Bounds how long appends wait for the lock on a chain.</summary>
    private const int BatchSize = 5_000;

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    protected override TimeSpan Interval => options.Value.CleanupInterval;

    protected override Task RunAsync(CancellationToken cancellationToken) => PurgeAsync(cancellationToken);

    /// <summary>One chain per transaction. Concurrent replicas take other chains.</summary>
    /// <returns>How many entries were removed; 0 while the clock is not trusted.</returns>
    public async Task<long> PurgeAsync(CancellationToken cancellationToken)
    {
        if (!await clock.IsTrustedAsync(cancellationToken))
        {
            return 0;
        }

        long purged = 0;
        foreach (var chain in await DueAsync(cancellationToken))
        {
            await _failed.TryAsync(chain.Chain, async () =>
            {
                for (long taken = BatchSize; taken == BatchSize; purged += taken)
                {
                    taken = await PurgeAsync(chain, cancellationToken);
                }
            }, cancellationToken);
        }

        if (purged > 0)
        {
            Log.Purged(Logger, purged);
        }

        return purged;
    }

    private async Task<IReadOnlyList<Due>> DueAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        var settings = options.Value;
        await using var connection = await database.OpenAsync(cancellationToken);
        // A purge entry that is alone in its chain is kept: removing it would only add another one.
        // every workspace: cleanup, by each one's plan
        return await connection.QueryAsync<Due>(
            """
            select c.chain, w.id as workspace_id, l.before
            from audit_chains c
            left join workspaces w on w.id = c.chain
            cross join lateral (select case
                when w.id is null then @Person::timestamptz
                when w.plan = 'business' then @Business
                when w.plan like 'pro%' then @Pro
                else @Free end as before) l
            where exists (select from audit_log a where a.chain = c.chain and a.sequence = c.anchor_sequence + 1 and a.recorded_at < l.before
                and (a.action <> 'audit.purged' or a.sequence < c.last_sequence))
            """,
            new
            {
                Person = now - settings.PersonRetention,
                Business = now - settings.BusinessRetention,
                Pro = now - settings.ProRetention,
                Free = now - settings.FreeRetention,
            },
            cancellationToken);
    }

    private async Task<long> PurgeAsync(Due due, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var anchor = await work.QuerySingleOrDefaultAsync<long?>(
            "select anchor_sequence from audit_chains where chain = @Chain for update skip locked", due, cancellationToken);
        if (anchor is null)
        {
            return 0;
        }

        // recorded_at never decreases along a chain, so old entries are at its front.
        // every workspace: a chain is one workspace's or one user's
        var last = await work.QuerySingleOrDefaultAsync<Last>(
            """
            select sequence, hash, workspace_id from (
                select sequence, hash, workspace_id, recorded_at from audit_log where chain = @Chain order by sequence limit @BatchSize
            ) front
            where recorded_at < @Before order by sequence desc limit 1
            """,
            new { due.Chain, due.Before, BatchSize }, cancellationToken);
        if (last is null)
        {
            return 0;
        }

        await work.ExecuteAsync(
            """
            select set_config('linkshort.audit_log', 'retention', true);
            -- every workspace: a chain is one workspace's or one user's
            delete from audit_log where chain = @Chain and sequence <= @Sequence;
            select set_config('linkshort.audit_log', '', true);
            update audit_chains set anchor_sequence = @Sequence, anchor_hash = @Hash where chain = @Chain
            """,
            new { due.Chain, last.Sequence, last.Hash }, cancellationToken);
        var now = Time.GetUtcNow();
        var details = JsonSerializer.Serialize(new { through = last.Sequence, seal = Convert.ToHexStringLower(last.Hash) });
        var (type, workspace) = last.WorkspaceId is { } id ? ("workspace", (Guid?)id) : ("user", null);
        await chains.AppendAsync(work, new AuditRecorded(
            Guid.CreateVersion7(now), workspace, "system", null, null, Action, type, due.Chain.ToString(), null, details, null, null, null, now), cancellationToken);
        await work.CommitAsync(cancellationToken);
        return last.Sequence - anchor.Value;
    }

    private sealed record Due(Guid Chain, Guid? WorkspaceId, DateTimeOffset Before);

    private sealed record Last(long Sequence, byte[] Hash, Guid? WorkspaceId);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Retention removed {Count} entries from the audit log.")]
        public static partial void Purged(ILogger logger, long count);
    }
}
