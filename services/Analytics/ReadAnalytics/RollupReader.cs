using LinkShort.Analytics.Rollups;
using LinkShort.ServiceDefaults.Data;
using Npgsql;
using NpgsqlTypes;

namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>Reads rollups: the cost depends on the length of the trend, not on the number of clicks.</summary>
public sealed class RollupReader(Database database)
{
    /// <param name="linkId"><see cref="RollupKey.AllLinks"/> for the whole workspace.</param>
    /// <returns>One cell per bucket, in order; empty for buckets without clicks.</returns>
    public async Task<IReadOnlyList<RollupCell>> ReadAsync(
        Guid workspaceId, Guid linkId, IReadOnlyList<Bucket> buckets, CancellationToken cancellationToken)
    {
        var segments = buckets
            .SelectMany((bucket, index) => Grains.Cover(bucket.From, bucket.To).Select(segment => (Bucket: index, Segment: segment)))
            .ToArray();
        var cells = buckets.Select(_ => new RollupCell()).ToArray();
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            select s.bucket, r.clicks, r.bot_clicks, r.visitors, r.dimensions::text
            from unnest($3, $4, $5, $6) as s (bucket, grain, first, last)
            join rollups r on r.workspace_id = $1 and r.link_id = $2 and r.grain = s.grain and r.start >= s.first and r.start < s.last
            """, connection)
        {
            Parameters =
            {
                new() { Value = workspaceId },
                new() { Value = linkId },
                new() { Value = Array.ConvertAll(segments, each => each.Bucket) },
                new() { Value = Array.ConvertAll(segments, each => (short)each.Segment.Grain) },
                new() { Value = Array.ConvertAll(segments, each => each.Segment.From), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                new() { Value = Array.ConvertAll(segments, each => each.Segment.To), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            cells[reader.GetInt32(0)].Merge(RollupCell.Read(
                reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3), reader.GetString(4)));
        }

        return cells;
    }
}
