using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using MassTransit;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>Erases a service's data of a workspace.</summary>
public interface IWorkspaceEraser
{
    /// <summary>Deletes a batch in a transaction of its own. Idempotent, even after a crash.</summary>
    /// <param name="pass">0 right after the erasure of the workspace; later passes delete data that arrived since.</param>
    /// <returns>Whether there may be more.</returns>
    Task<bool> EraseBatchAsync(Guid workspaceId, int pass, CancellationToken cancellationToken);
}

public static class WorkspaceErasureExtensions
{
    /// <summary>
    /// Erases this service's data of a workspace after identity has erased it. Also add <see cref="WorkspaceErasedConsumer"/>
    /// to the bus, and the table to a migration.
    /// </summary>
    public static void AddWorkspaceErasure<TEraser>(this IHostApplicationBuilder builder) where TEraser : class, IWorkspaceEraser
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IWorkspaceEraser, TEraser>();
        builder.Services.AddSingleton<WorkspaceErasures>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WorkspaceErasures>());
    }

    public static void CreateWorkspaceErasureTable(this MigrationBuilder migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        migration.Sql(WorkspaceErasures.CreateTable);
    }
}

/// <summary>Only records the erasure: deleting a large workspace may take longer than a message's time limit.</summary>
public sealed class WorkspaceErasedConsumer(WorkspaceErasures erasures) : IConsumer<WorkspaceErased>
{
    public Task Consume(ConsumeContext<WorkspaceErased> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return erasures.StartErasureAsync(context.Message.WorkspaceId, context.CancellationToken);
    }
}

/// <summary>
/// Executes erasures, each in one replica. Clicks in a spool and events in a queue arrive after the workspace was erased, so it is erased several
/// times: the last time when no more data of it can arrive.
/// </summary>
public sealed partial class WorkspaceErasures(NpgsqlDataSource source, IWorkspaceEraser eraser, TimeProvider time, ILogger<WorkspaceErasures> logger)
    : BackgroundJob(What, time, logger)
{
    private const string What = "Erasing data of erased workspaces";

    internal const string CreateTable = """
        create table workspace_erasures (
            workspace_id uuid primary key,
            pass         integer not null default 0,
            next_pass_at timestamptz not null
        );
        """;

    /// <summary>From one pass to the next. Operators can retry parked messages for seven days, half of the retention of inboxes.</summary>
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(7)];

    private readonly Signal _started = new();
    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    /// <summary>Starts the erasure; one that was started before runs its next pass at once.</summary>
    public async Task StartErasureAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            insert into workspace_erasures as e (workspace_id, next_pass_at) values (@workspaceId, @Now)
            on conflict (workspace_id) do update set next_pass_at = least(e.next_pass_at, excluded.next_pass_at)
            """,
            new { workspaceId, Now = Time.GetUtcNow() }, cancellationToken);
        _started.Raise();
    }

    public override void Dispose()
    {
        _started.Dispose();
        base.Dispose();
    }

    protected override TimeSpan Interval => TimeSpan.FromSeconds(5);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await EraseOneAsync(cancellationToken))
        {
        }
    }

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _started.WaitAsync(atMost, cancellationToken);

    /// <returns>False if none is due, or other replicas have locked all that are.</returns>
    private async Task<bool> EraseOneAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // The row is locked until this pass completes; if the replica dies, the lock is released.
        var due = await connection.QuerySingleOrDefaultAsync<(Guid WorkspaceId, int Pass)?>(
            """
            -- every workspace: the next one due
            select workspace_id, pass from workspace_erasures where next_pass_at <= @Now and workspace_id <> all(@Waiting)
            order by next_pass_at limit 1 for update skip locked
            """,
            new { Now = Time.GetUtcNow(), _failed.Waiting }, cancellationToken);
        if (due is not var (workspaceId, pass))
        {
            return false;
        }

        await _failed.TryAsync(workspaceId, () => EraseAsync(transaction, workspaceId, pass, cancellationToken), cancellationToken);
        return true;
    }

    private async Task EraseAsync(NpgsqlTransaction transaction, Guid workspaceId, int pass, CancellationToken cancellationToken)
    {
        while (await eraser.EraseBatchAsync(workspaceId, pass, cancellationToken))
        {
        }

        await transaction.Connection!.ExecuteAsync(
            pass < Pauses.Length
                ? "update workspace_erasures set pass = pass + 1, next_pass_at = @NextPassAt where workspace_id = @workspaceId"
                : "delete from workspace_erasures where workspace_id = @workspaceId",
            new { workspaceId, NextPassAt = Time.GetUtcNow() + (pass < Pauses.Length ? Pauses[pass] : TimeSpan.Zero) },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Log.Erased(Logger, workspaceId, pass);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Erased the data of workspace {WorkspaceId} (pass {Pass}).")]
        public static partial void Erased(ILogger logger, Guid workspaceId, int pass);
    }
}
