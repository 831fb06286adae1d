using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Redirect.Safety;

/// <summary>The suspensions in redirect's read model, for replicas that start while links is unavailable.</summary>
public sealed class SuspensionStore(NpgsqlDataSource source)
{
    public async Task<SuspensionList> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var items = await connection.QueryAsync<SuspensionChanged>(
            "select kind, target, suspended, reason, revision, changed_at from suspensions where suspended", null, cancellationToken);
        return new SuspensionList(0, items);
    }

    public async Task ApplyAsync(SuspensionChanged change, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await UpsertAsync(connection, [change], cancellationToken);
    }

    /// <summary>Applies a complete list: suspensions that are neither listed nor newer are lifted.</summary>
    public async Task ApplyAsync(SuspensionList list, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await UpsertAsync(connection, list.Items, cancellationToken);
        await connection.ExecuteAsync(
            """
            update suspensions set suspended = false, revision = @Revision
            where suspended and revision <= @Revision and (kind, target) not in (select * from unnest(@Kinds, @Targets))
            """,
            new { list.Revision, Kinds = list.Items.Select(item => item.Kind).ToArray(), Targets = list.Items.Select(item => item.Target).ToArray() },
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    // In key order, because replicas do this at the same time.
    private static Task<int> UpsertAsync(
        NpgsqlConnection connection, IEnumerable<SuspensionChanged> changes, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            """
            insert into suspensions (kind, target, suspended, reason, revision, changed_at)
            values (@Kind, @Target, @Suspended, @Reason, @Revision, @ChangedAt)
            on conflict (kind, target) do update set
                suspended = excluded.suspended, reason = excluded.reason, revision = excluded.revision, changed_at = excluded.changed_at
            where suspensions.revision < excluded.revision
            """,
            changes.OrderBy(change => change.Kind, StringComparer.Ordinal).ThenBy(change => change.Target, StringComparer.Ordinal),
            cancellationToken);
}
