using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using Npgsql;
using NpgsqlTypes;

namespace LinkShort.Analytics.Rollups;

/// <summary>Writes totals and rollups within the caller's transaction.</summary>
public static class RollupStore
{
    private const int TotalsPerEvent = 1_000;
    private const int RowsPerStatement = 5_000;

    public static async Task AddAsync(UnitOfWork work, RollupDelta delta, CancellationToken cancellationToken)
    {
        await AddTotalsAsync(work, delta, cancellationToken);
        // In index order: neighbouring rows share pages.
        foreach (var keys in delta.Cells.Keys.OrderBy(key => (key.WorkspaceId, key.LinkId)).Chunk(RowsPerStatement))
        {
            await MergeAsync(work, delta, keys, cancellationToken);
        }
    }

    /// <summary>Replaces the rollups of one UTC day. <see cref="ReplaceTotalsAsync"/> then replaces the totals.</summary>
    /// <param name="delta">All clicks of the day, of workspaces whose clicks are complete.</param>
    public static async Task ReplaceDayAsync(UnitOfWork work, DateTime day, RollupDelta delta, CancellationToken cancellationToken)
    {
        await using (var delete = new NpgsqlCommand(
            """
            -- every workspace: all of them are computed again, except those whose clicks of the day were deleted
            delete from rollups r where r.start >= $1 and r.start < $2
                and not exists (select from click_limits l where l.workspace_id = r.workspace_id and l.complete_from > $1)
            """, work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = day }, new() { Value = day.AddDays(1) } },
            CommandTimeout = 0,
        })
        {
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var add = new NpgsqlCommand(
            """
            insert into totals (workspace_id, link_id, clicks, bot_clicks)
            select workspace_id, link_id, 0, 0 from unnest($1, $2) as t (workspace_id, link_id) order by 1, 2
            on conflict do nothing
            """, work.Connection, work.Transaction)
        {
            Parameters =
            {
                new() { Value = delta.Totals.Keys.Select(key => key.WorkspaceId).ToArray() },
                new() { Value = delta.Totals.Keys.Select(key => key.LinkId).ToArray() },
            },
        })
        {
            await add.ExecuteNonQueryAsync(cancellationToken);
        }

        foreach (var keys in delta.Cells.Keys.OrderBy(key => (key.WorkspaceId, key.LinkId)).Chunk(RowsPerStatement))
        {
            await MergeAsync(work, delta, keys, cancellationToken);
        }
    }

    /// <summary>Replaces totals with the sums of their daily rollups, which are kept as long as the totals.</summary>
    /// <param name="workspace">With <paramref name="link"/>, the key after which the next totals follow.</param>
    /// <returns>The key of the last replaced total; null if there was none.</returns>
    public static async Task<(Guid WorkspaceId, Guid LinkId)?> ReplaceTotalsAsync(
        UnitOfWork work, Guid workspace, Guid link, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            -- every workspace: all of them are computed again
            with next as (
                select workspace_id, link_id, clicks, bot_clicks from totals where (workspace_id, link_id) > ($1, $2) order by 1, 2 limit $3
            ), summed as (
                select n.workspace_id, n.link_id, n.clicks as before, s.clicks, s.bot_clicks, (s.clicks, s.bot_clicks) <> (n.clicks, n.bot_clicks) as changed
                from next n cross join lateral (
                    select coalesce(sum(r.clicks), 0)::bigint as clicks, coalesce(sum(r.bot_clicks), 0)::bigint as bot_clicks
                    from rollups r where r.workspace_id = n.workspace_id and r.link_id = n.link_id and r.grain = 2) s
            ), written as (
                update totals t set clicks = s.clicks, bot_clicks = s.bot_clicks
                from summed s where s.changed and t.workspace_id = s.workspace_id and t.link_id = s.link_id
            )
            select workspace_id, link_id, clicks, clicks <> before from summed order by 1, 2
            """, work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = workspace }, new() { Value = link }, new() { Value = limit } },
            CommandTimeout = 0,
        };
        (Guid, Guid)? last = null;
        var changed = new List<LinkClickTotal>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                last = (reader.GetGuid(0), reader.GetGuid(1));
                if (reader.GetBoolean(3) && reader.GetGuid(1) != RollupKey.AllLinks)
                {
                    changed.Add(new LinkClickTotal(reader.GetGuid(1), reader.GetGuid(0), reader.GetInt64(2)));
                }
            }
        }

        foreach (var totals in changed.Chunk(TotalsPerEvent))
        {
            work.Publish(new ClickTotalsChanged(totals));
        }

        return last;
    }

    /// <summary>
    /// Adds to the lifetime totals, which locks each link's rollups until the commit, always in the same order: <see cref="MergeAsync"/> can
    /// then read, merge and write without interference.
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

    private static async Task MergeAsync(UnitOfWork work, RollupDelta delta, RollupKey[] keys, CancellationToken cancellationToken)
    {
        var workspaces = new NpgsqlParameter { Value = Array.ConvertAll(keys, key => key.WorkspaceId) };
        var links = new NpgsqlParameter { Value = Array.ConvertAll(keys, key => key.LinkId) };
        var grains = new NpgsqlParameter { Value = Array.ConvertAll(keys, key => (short)key.Grain) };
        var starts = new NpgsqlParameter { Value = Array.ConvertAll(keys, key => key.Start), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

        var stored = new RollupCell?[keys.Length];
        await using (var read = new NpgsqlCommand(
            """
            select k.ordinal, r.clicks, r.bot_clicks, r.visitors, r.dimensions::text
            from unnest($1, $2, $3, $4) with ordinality as k (workspace_id, link_id, grain, start, ordinal)
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

        // New rows of several grains may share the delta's cell, which is then serialized once.
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
