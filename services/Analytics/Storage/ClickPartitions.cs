using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using LinkShort.Analytics.PlanRetention;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Analytics.Storage;

/// <summary>Creates monthly partitions of <c>clicks</c>, in advance and for the first click of any other month, and drops expired ones.</summary>
public sealed partial class ClickPartitions(
    NpgsqlDataSource source, ClickLimits limits, DeletionClock clock, IOptions<AnalyticsOptions> options, TimeProvider time, ILogger<ClickPartitions> logger)
    : BackgroundJob("Maintaining the partitions of clicks", time, logger)
{
    private const int MonthsAhead = 2;

    /// <summary>Time between two dropped months. If the clock or a setting is wrong, an operator can stop the service after the first.</summary>
    private static readonly TimeSpan DropInterval = TimeSpan.FromHours(5);

    private readonly ConcurrentDictionary<DateTime, bool> _known = new();

    /// <summary>Ensures that clicks of these times have a partition. Safe with any number of replicas.</summary>
    /// <param name="times">UTC.</param>
    public async Task EnsureAsync(IEnumerable<DateTime> times, CancellationToken cancellationToken)
    {
        var oldest = OldestKept;
        foreach (var month in times.Select(MonthOf).Distinct().Order())
        {
            if (month < oldest)
            {
                // Any replica may have dropped it since.
                await CreateAsync(month, cancellationToken);
            }
            else if (!_known.ContainsKey(month))
            {
                await CreateAsync(month, cancellationToken);
                _known[month] = true;
            }
        }
    }

    private DateTime OldestKept => OldestWithin(options.Value.RawClickRetention);

    private DateTime OldestWithin(TimeSpan retention) => MonthOf((Time.GetUtcNow() - retention).UtcDateTime);

    protected override TimeSpan Interval => TimeSpan.FromHours(6);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var month = MonthOf(Time.GetUtcNow().UtcDateTime);
        await EnsureAsync(Enumerable.Range(0, MonthsAhead + 1).Select(ahead => month.AddMonths(ahead)), cancellationToken);
        await DropOldestAsync(cancellationToken);
    }

    /// <summary>
    /// Drops the oldest month if all of it has expired, the clock is trusted, and a click later than the month's end plus the retention proves
    /// that the time has passed. One month per five hours across all replicas. Rollups remain. A later click of that month creates it again,
    /// until the next run.
    /// </summary>
    public async Task DropOldestAsync(CancellationToken cancellationToken)
    {
        if (!await clock.IsTrustedAsync(cancellationToken))
        {
            return;
        }

        var now = Time.GetUtcNow();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // The plan of some workspace may keep clicks for longer than the installation does.
        var retention = await limits.LongestAsync(connection, cancellationToken);
        var name = await connection.QuerySingleOrDefaultAsync<string>(
            """
            select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'clicks'::regclass and c.relname < @Oldest order by 1 limit 1
            """,
            new { Oldest = string.Create(CultureInfo.InvariantCulture, $"clicks_{OldestWithin(retention):yyyy_MM}") }, cancellationToken);
        if (name is null)
        {
            return;
        }

        var end = DateTime.ParseExact(name, "'clicks_'yyyy_MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal).AddMonths(1);
        // There is no index on times, but the first matching click ends the scan.
        var isProven = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            """
            -- every workspace: the age of all clicks
            select exists (select from clicks where at >= @From and at <= @To)
            """,
            new { From = end + retention, To = now }, commandTimeout: 0, cancellationToken: cancellationToken));
        if (!isProven)
        {
            Log.NotProven(Logger, name);
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // A slightly later time is from a faster replica; one beyond the interval was recorded by a wrong clock. The statement also records
        // that the month is incomplete, because a late click may create it again. Replicas wait for each other on this row.
        var isTurn = await connection.ExecuteScalarAsync<bool>(
            """
            update raw_clicks set dropped_at = @now, complete_from = greatest(complete_from, @end)
            where id = 1 and (dropped_at is null or dropped_at not between @Earliest and @Latest)
            returning true
            """,
            new { now, end, Earliest = now - DropInterval, Latest = now + DropInterval }, cancellationToken);
        if (!isTurn)
        {
            return;
        }

        // The drop and concurrent inserts wait for each other, for milliseconds.
        await connection.ExecuteAsync($"drop table if exists {name}", null, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Log.Dropped(Logger, name);
    }

    private async Task CreateAsync(DateTime month, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"clicks_{month:yyyy_MM}");
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // "create … partition of" would lock the parent against every insert; "attach" doesn't. The advisory lock excludes replicas that do
        // the same concurrently.
        var created = await connection.ExecuteScalarAsync<bool>(string.Create(CultureInfo.InvariantCulture, $"""
            create or replace function pg_temp.create_month() returns boolean language plpgsql as $$
            begin
                perform pg_advisory_xact_lock(hashtext('clicks partitions'));
                if to_regclass('{name}') is not null then
                    return false;
                end if;
                create table {name} (like clicks including all);
                alter table clicks attach partition {name}
                    for values from ('{month:yyyy-MM-dd}T00:00:00Z') to ('{month.AddMonths(1):yyyy-MM-dd}T00:00:00Z');
                return true;
            end $$;
            select pg_temp.create_month();
            """), null, cancellationToken);
        if (created)
        {
            Log.Created(Logger, name);
        }
    }

    /// <returns>The start of the month, UTC.</returns>
    public static DateTime MonthOf(DateTime time) => new(time.Year, time.Month, 1, 0, 0, 0, DateTimeKind.Utc);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Created partition {Name}.")]
        public static partial void Created(ILogger logger, string name);

        [LoggerMessage(LogLevel.Information, "Dropped partition {Name}: its clicks are older than the retention.")]
        public static partial void Dropped(ILogger logger, string name);

        [LoggerMessage(LogLevel.Warning, "Partition {Name} has expired by the clock, but no click has arrived since, so it is kept.")]
        public static partial void NotProven(ILogger logger, string name);
    }
}
