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

/// <summary>What a service holds of workspaces, and how it gets rid of it.</summary>
public interface IWorkspaceEraser
{
    /// <summary>Removes a batch, in a transaction of its own. Doing it again, after a crash in the middle as well, does no harm.</summary>
    /// <param name="pass">0 when the workspace was erased just now; later passes find what was on its way then.</param>
    /// <returns>Whether there may be more.</returns>
    Task<bool> EraseBatchAsync(Guid workspaceId, int pass, CancellationToken cancellationToken);
}

public static class WorkspaceErasureExtensions
{
    /// <summary>
    /// Erases what this service holds of a workspace when identity says that it is gone. Also add <see cref="WorkspaceErasedConsumer"/>
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

/// <summary>Only notes what is to be done: a workspace may hold more than fits into the time that a message has.</summary>
public sealed class WorkspaceErasedConsumer(WorkspaceErasures erasures) : IConsumer<WorkspaceErased>
{
    public Task Consume(ConsumeContext<WorkspaceErased> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return erasures.BeginAsync(context.Message.WorkspaceId, context.CancellationToken);
    }
}

/// <summary>
/// Works off erasures, one replica each. Clicks in a spool and events in a queue arrive after the workspace has gone, so it is erased
/// several times over: the last time when nothing of it can be on its way any more.
/// </summary>
public sealed partial class WorkspaceErasures(NpgsqlDataSource source, IWorkspaceEraser eraser, TimeProvider time, ILogger<WorkspaceErasures> logger)
    : BackgroundJob(What, time, logger)
{
    private const string What = "Erasing what is left of erased workspaces";

    internal const string CreateTable = """
        create table workspace_erasures (
            workspace_id uuid primary key,
            pass         integer not null default 0,
            next_pass_at timestamptz not null
        );
        """;

    /// <summary>From one pass to the next. An operator has seven days to send a message again by hand: half of what inboxes remember.</summary>
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(7)];

    private readonly Signal _begun = new();
    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    /// <summary>Told again, it begins at once with the pass that is next.</summary>
    public async Task BeginAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            insert into workspace_erasures as e (workspace_id, next_pass_at) values (@workspaceId, @Now)
            on conflict (workspace_id) do update set next_pass_at = least(e.next_pass_at, excluded.next_pass_at)
            """,
            new { workspaceId, Now = Time.GetUtcNow() }, cancellationToken);
        _begun.Raise();
    }

    public override void Dispose()
    {
        _begun.Dispose();
        base.Dispose();
    }

    protected override TimeSpan Interval => TimeSpan.FromSeconds(5);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await EraseOneAsync(cancellationToken))
        {
        }
    }

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _begun.WaitAsync(atMost, cancellationToken);

    /// <returns>False when none is due, or other replicas have them in hand.</returns>
    private async Task<bool> EraseOneAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Held until this pass is over: a replica that dies lets go of it.
        var due = await connection.QuerySingleOrDefaultAsync<(Guid WorkspaceId, int Pass)?>(
            """
            -- every workspace: whichever is due
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
        [LoggerMessage(LogLevel.Information, "Erased what was here of workspace {WorkspaceId} (pass {Pass}).")]
        public static partial void Erased(ILogger logger, Guid workspaceId, int pass);
    }
}
