using LinkShort.Analytics.Enrichment;
using LinkShort.Analytics.Rollups;
using LinkShort.Analytics.Storage;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using Npgsql;
using NpgsqlTypes;

namespace LinkShort.Analytics.RecordClicks;

/// <summary>
/// Stores batches of clicks, each once: the batch ids, the raw clicks, the totals, the rollups and the event about the new
/// totals are one transaction.
/// </summary>
public sealed class ClickStore(
    Database database, ClickPartitions partitions, ClickEnricher enricher, AnalyticsMetrics metrics, TimeProvider time)
{
    /// <summary>The inbox keeps batch ids under this name: a batch published twice has two message ids, but one batch id.</summary>
    private const string Consumer = nameof(ClicksRecorded);

    private const int TotalsPerEvent = 1_000;

    public async Task StoreAsync(IReadOnlyList<ClicksRecorded> batches, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batches);
        var started = time.GetTimestamp();
        // Before the transaction: no lock is held while headers are read.
        var enriched = batches
            .DistinctBy(batch => batch.BatchId)
            .ToDictionary(batch => batch.BatchId, batch => batch.Clicks.Where(click => click.LinkId != RollupKey.AllLinks).Select(enricher.Enrich).ToArray());
        await partitions.EnsureAsync(enriched.Values.SelectMany(clicks => clicks).Select(click => click.At), cancellationToken);

        await using var work = await database.BeginAsync(cancellationToken);
        var fresh = await ReceiveAsync(work, [.. enriched.Keys], cancellationToken);
        var clicks = fresh.SelectMany(batch => enriched[batch]).ToArray();
        if (fresh.Count > 0)
        {
            await CopyAsync(work, clicks, cancellationToken);
            var delta = RollupDelta.Of(clicks);
            await AddTotalsAsync(work, delta, cancellationToken);
            await MergeRollupsAsync(work, delta, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }

        metrics.Stored(clicks, batches.Count - fresh.Count, time.GetElapsedTime(started));
    }

    /// <returns>The batches that were not stored before. Ids in order, so that two replicas with the same ones don't deadlock.</returns>
    private static async Task<List<Guid>> ReceiveAsync(UnitOfWork work, Guid[] batches, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into inbox (message_id, consumer)
            select batch, $2 from unnest($1) as batch order by batch
            on conflict do nothing
            returning message_id
            """, work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = batches }, new() { Value = Consumer } },
        };
        var fresh = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            fresh.Add(reader.GetGuid(0));
        }

        return fresh;
    }

    private static async Task CopyAsync(UnitOfWork work, IReadOnlyList<EnrichedClick> clicks, CancellationToken cancellationToken)
    {
        await using var copy = await work.Connection.BeginBinaryImportAsync(
            """
            copy clicks (at, workspace_id, link_id, click_id, visitor, class, referrer, browser, os, device, language, country, city)
            from stdin (format binary)
            """, cancellationToken);
        foreach (var click in clicks)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(click.At, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(click.WorkspaceId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(click.LinkId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(click.ClickId, NpgsqlDbType.Uuid, cancellationToken);
            if (click.Visitor is { } visitor)
            {
                await copy.WriteAsync(visitor, NpgsqlDbType.Bigint, cancellationToken);
            }
            else
            {
                await copy.WriteNullAsync(cancellationToken);
            }

            await copy.WriteAsync((short)click.Class, NpgsqlDbType.Smallint, cancellationToken);
            await copy.WriteAsync(click.Referrer, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(click.Browser, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(click.Os, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(click.Device, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(click.Language, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(click.Country, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(click.City, NpgsqlDbType.Text, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    /// <summary>
    /// Adds to the lifetime totals, and by that takes the lock on each link's rollups until the commit, always in the same
    /// order: <see cref="MergeRollupsAsync"/> can read, merge and write without another replica in between.
    /// </summary>
    private static async Task AddTotalsAsync(UnitOfWork work, RollupDelta delta, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into totals as t (workspace_id, link_id, clicks, bot_clicks)
            select * from unnest($1, $2, $3, $4) as added (workspace_id, link_id, clicks, bot_clicks) order by 1, 2
            on conflict (workspace_id, link_id) do update
            set clicks = t.clicks + excluded.clicks, bot_clicks = t.bot_clicks + excluded.bot_clicks
            returning workspace_id, link_id, clicks
            """, work.Connection, work.Transaction)
        {
            Parameters =
            {
                new() { Value = delta.Totals.Keys.Select(key => key.WorkspaceId).ToArray() },
                new() { Value = delta.Totals.Keys.Select(key => key.LinkId).ToArray() },
                new() { Value = delta.Totals.Values.Select(total => total.Clicks).ToArray() },
                new() { Value = delta.Totals.Values.Select(total => total.BotClicks).ToArray() },
            },
        };
        var changed = new List<LinkClickTotal>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var total = new LinkClickTotal(reader.GetGuid(1), reader.GetGuid(0), reader.GetInt64(2));
                if (total.LinkId != RollupKey.AllLinks && delta.Totals[(total.WorkspaceId, total.LinkId)].Clicks > 0)
                {
                    changed.Add(total);
                }
            }
        }

        foreach (var totals in changed.Chunk(TotalsPerEvent))
        {
            work.Publish(new ClickTotalsChanged(totals));
        }
    }

    private static async Task MergeRollupsAsync(UnitOfWork work, RollupDelta delta, CancellationToken cancellationToken)
    {
        var keys = delta.Cells.Keys.ToArray();
        var workspaces = new NpgsqlParameter { Value = Array.ConvertAll(keys, key => key.WorkspaceId) };
        var links = new NpgsqlParameter { Value = Array.ConvertAll(keys, key => key.LinkId) };
        var grains = new NpgsqlParameter { Value = Array.ConvertAll(keys, key => (short)key.Grain) };
        var starts = new NpgsqlParameter { Value = Array.ConvertAll(keys, key => key.Start), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

        var stored = new RollupCell?[keys.Length];
        await using (var read = new NpgsqlCommand(
            """
            select k.place, r.clicks, r.bot_clicks, r.visitors, r.dimensions::text
            from unnest($1, $2, $3, $4) with ordinality as k (workspace_id, link_id, grain, start, place)
            join rollups r using (workspace_id, link_id, grain, start)
            """, work.Connection, work.Transaction)
        { Parameters = { workspaces.Clone(), links.Clone(), grains.Clone(), starts.Clone() } })
        {
            await using var reader = await read.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                stored[reader.GetInt64(0) - 1] = RollupCell.Read(
                    reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3), reader.GetString(4));
            }
        }

        // A new row's content is the delta's own, which several grains share: written out once.
        var written = new Dictionary<RollupCell, Row>(ReferenceEqualityComparer.Instance);
        var rows = new Row[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            var added = delta.Cells[keys[i]];
            if (stored[i] is { } cell)
            {
                cell.Merge(added);
                rows[i] = Row.Of(cell);
            }
            else if (!written.TryGetValue(added, out rows[i]!))
            {
                written[added] = rows[i] = Row.Of(added);
            }
        }

        await using var write = new NpgsqlCommand(
            """
            insert into rollups (workspace_id, link_id, grain, start, clicks, bot_clicks, visitors, dimensions)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (workspace_id, link_id, grain, start) do update
            set clicks = excluded.clicks, bot_clicks = excluded.bot_clicks, visitors = excluded.visitors, dimensions = excluded.dimensions
            """, work.Connection, work.Transaction)
        {
            Parameters =
            {
                workspaces, links, grains, starts,
                new() { Value = Array.ConvertAll(rows, row => row.Clicks) },
                new() { Value = Array.ConvertAll(rows, row => row.BotClicks) },
                new() { Value = Array.ConvertAll(rows, row => row.Visitors) },
                new() { Value = Array.ConvertAll(rows, row => row.Dimensions), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb },
            },
        };
        await write.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Row(long Clicks, long BotClicks, byte[] Visitors, string Dimensions)
    {
        public static Row Of(RollupCell cell) => new(cell.Clicks, cell.BotClicks, cell.Visitors.ToBytes(), cell.Dimensions.ToJson());
    }
}
