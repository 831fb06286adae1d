using Dapper;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Npgsql;

namespace LinkShort.Analytics.EraseWorkspace;

/// <summary>Removes links, totals, rollups and raw clicks of an erased workspace.</summary>
public sealed class ClickEraser(NpgsqlDataSource source) : IWorkspaceEraser
{
    private const int Batch = 5_000;

    public async Task<bool> EraseBatchAsync(Guid workspaceId, int pass, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // In batches, because rollups are large; the other tables have one row per link, or one.
        var removed = await connection.ExecuteAsync(
            """
            delete from rollups where workspace_id = @workspaceId and ctid = any(array(
                select ctid from rollups where workspace_id = @workspaceId limit @Batch))
            """,
            new { workspaceId, Batch }, cancellationToken);
        if (removed == Batch)
        {
            return true;
        }

        await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from totals where workspace_id = @workspaceId;
            delete from links where workspace_id = @workspaceId;
            delete from click_limits where workspace_id = @workspaceId;
            """,
            new { workspaceId }, commandTimeout: 0, cancellationToken: cancellationToken));
        // Raw clicks have no index on the workspace (ADR 15): one scan of each month, which blocks no insert.
        var months = await connection.QueryAsync<string>(
            "select inhrelid::regclass::text from pg_inherits where inhparent = 'clicks'::regclass order by 1", null, cancellationToken);
        foreach (var month in months)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                $"delete from {month} where workspace_id = @workspaceId", new { workspaceId }, commandTimeout: 0, cancellationToken: cancellationToken));
        }

        return false;
    }
}
