using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using Npgsql;

namespace LinkShort.Identity.Administration.Flags;

/// <summary>The flags in the database. identity reads them directly, other services through <c>/internal/features</c>.</summary>
public sealed class FlagTable(Database database) : IFeatureSource
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public async Task<CurrentFeatureFlags?> ReadAsync(long known, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var revision = await connection.ExecuteScalarAsync<long>(
            "select coalesce(max(revision), 0) from feature_flags", null, cancellationToken);
        if (revision == known)
        {
            return null;
        }

        // A change since the query above is returned again the next time.
        var rows = await connection.QueryAsync<FlagRow>(
            $"select {FlagRow.Columns} from feature_flags where not deleted order by name", null, cancellationToken);
        return new CurrentFeatureFlags(revision, [.. rows.Select(row => row.ToFlag())]);
    }

    public static Task<FlagRow?> FindAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<FlagRow>(
            $"select {FlagRow.Columns} from feature_flags where name = @name and not deleted", new { name }, cancellationToken);

    /// <summary>Serialises writers, so that a reader of the highest revision has seen every lower one.</summary>
    public static Task LockAsync(UnitOfWork work, CancellationToken cancellationToken)
    {
        return work.ExecuteAsync(
            "lock table feature_flags in share row exclusive mode", null, cancellationToken);
    }

    /// <summary>Stores the flag and publishes the change. Call <see cref="LockAsync"/> first.</summary>
    /// <param name="flag">Null to delete it.</param>
    public static async Task<FlagRow?> WriteAsync(
        UnitOfWork work, string name, FeatureFlag? flag, string description, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // At least the clock in microseconds, so that revisions still increase after a backup was restored.
        var row = await work.QuerySingleAsync<FlagRow>(
            $"""
            insert into feature_flags (name, description, enabled, subject, rules, variants, deleted, revision, updated_at)
            values (@name, @description, @Enabled, @Subject, @Rules::jsonb, @Variants::jsonb, @Deleted,
                    greatest((select coalesce(max(revision), 0) + 1 from feature_flags), (extract(epoch from clock_timestamp()) * 1000000)::bigint), @now)
            on conflict (name) do update set
                description = excluded.description, enabled = excluded.enabled, subject = excluded.subject, rules = excluded.rules,
                variants = excluded.variants, deleted = excluded.deleted, revision = excluded.revision, updated_at = excluded.updated_at
            returning {FlagRow.Columns}
            """,
            new
            {
                name, description, Enabled = flag?.Enabled ?? false, Subject = flag?.Subject ?? FeatureSubjects.User,
                Rules = JsonSerializer.Serialize(flag?.Rules ?? [], Json), Variants = JsonSerializer.Serialize(flag?.Variants ?? [], Json),
                Deleted = flag is null, now,
            },
            cancellationToken);
        work.Publish(new FeatureFlagChanged(name, flag is null ? null : row.ToFlag(), row.Revision, now));
        return flag is null ? null : row;
    }

    internal static T Parse<T>(string json) => JsonSerializer.Deserialize<T>(json, Json)!;
}

public sealed record FlagRow
{
    public const string Columns = "name, description, enabled, subject, rules::text as rules, variants::text as variants, revision, updated_at";

    public required string Name { get; init; }

    public required string Description { get; init; }

    public bool Enabled { get; init; }

    public required string Subject { get; init; }

    /// <summary>JSON.</summary>
    public required string Rules { get; init; }

    /// <summary>JSON.</summary>
    public required string Variants { get; init; }

    public long Revision { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public FeatureFlag ToFlag() => new(
        Name, Enabled, Subject, FlagTable.Parse<List<FeatureRule>>(Rules), FlagTable.Parse<List<FeatureVariant>>(Variants), Revision);
}
