using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Redirect.ReadModel;

/// <summary>The queries by which the read model is compared with links.</summary>
public sealed class ReconciliationStore(NpgsqlDataSource source)
{
    // A class of advisory locks, distinct from those of RouteStore.
    private const int ReconciliationLock = 4;

    /// <summary>Takes the lock that lets one replica compare, once per interval.</summary>
    /// <returns>Null if another replica is comparing or has compared within the interval, and while the read model is being built.</returns>
    public async Task<Turn?> TryBeginAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            var isTurn = await connection.ExecuteScalarAsync<bool>(
                $"""
                select case
                    when finished_at is null or start_revision is not null then false
                    when reconciled_at between now() - @interval and now() then false
                    else pg_try_advisory_lock({ReconciliationLock}, 0) end
                from rebuild where id = 1
                """,
                new { interval }, cancellationToken);
            if (isTurn)
            {
                return new Turn(connection);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    /// <summary>A revision lower than that of every later write.</summary>
    public async Task<long> RevisionAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>("select nextval('route_revision')", null, cancellationToken);
    }

    /// <summary>Counts the links that have routes, in the ranges of ids that links returned.</summary>
    /// <param name="after">Start of the first range, exclusive.</param>
    /// <param name="upTo">End of each range, in order; the last may be null, without an end.</param>
    /// <returns>One range for each of <paramref name="upTo"/>.</returns>
    public async Task<IReadOnlyList<LinkRange>> RangesAsync(Guid? after, IReadOnlyList<Guid?> upTo, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // width_bucket counts the ends at or below an id; an id that equals an end belongs to the range that it ends.
        var counted = await connection.QueryAsync<Counted>(new CommandDefinition(
            """
            -- every workspace: links of all of them are compared
            select bucket - case when bucket > 0 and (@Ends::uuid[])[bucket] = link_id then 1 else 0 end as range,
                   count(*) as links, bit_xor(uuid_hash_extended(link_id, version)) as checksum
            from (
                select link_id, version, case when cardinality(@Ends) = 0 then 0 else width_bucket(link_id, @Ends) end as bucket
                from (
                    -- Rows of a link are written together; min() reveals one that is older than the others.
                    select link_id, min(version) as version from routes
                    where not removed and (@after::uuid is null or link_id > @after) and (@Last::uuid is null or link_id <= @Last)
                    group by link_id
                ) l
            ) b
            group by 1
            """,
            new { after, Last = upTo[^1], Ends = upTo.OfType<Guid>().ToArray() }, commandTimeout: 0, cancellationToken: cancellationToken));
        var ranges = upTo.Select(end => new LinkRange(end, 0, 0)).ToArray();
        foreach (var each in counted)
        {
            ranges[each.Range] = ranges[each.Range] with { Links = each.Links, Checksum = each.Checksum };
        }

        return ranges;
    }

    /// <summary>Links of a range that have routes here and that links did not list.</summary>
    /// <param name="startRevision">Routes written since may belong to links newer than the list.</param>
    /// <param name="limit">Maximum number of links to return.</param>
    public async Task<IReadOnlyList<Guid>> LostAsync(
        Guid? after, Guid? upTo, IEnumerable<Guid> listed, long startRevision, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.QueryAsync<Guid>(new CommandDefinition(
            """
            -- every workspace: links of all of them were listed
            select distinct link_id from routes
            where not removed and revision < @startRevision and (@after::uuid is null or link_id > @after) and (@upTo::uuid is null or link_id <= @upTo)
              and link_id <> all(@Listed)
            limit @limit
            """,
            new { after, upTo, Listed = listed.ToArray(), startRevision, limit }, commandTimeout: 0, cancellationToken: cancellationToken));
    }

    private sealed record Counted(int Range, long Links, long Checksum);

    /// <summary>The lock, held until it is disposed or its connection breaks.</summary>
    public sealed class Turn(NpgsqlConnection connection) : IAsyncDisposable
    {
        /// <summary>Records the comparison: the next one, by any replica, is due an interval from now.</summary>
        public Task CompleteAsync(CancellationToken cancellationToken) => connection.ExecuteAsync(
            "update rebuild set reconciled_at = now() where id = 1", null, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            try
            {
                await connection.ExecuteAsync($"select pg_advisory_unlock({ReconciliationLock}, 0)");
            }
            catch (NpgsqlException)
            {
                // The connection is broken, and the lock went with it.
            }

            await connection.DisposeAsync();
        }
    }
}
