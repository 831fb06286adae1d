using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using LinkShort.ServiceDefaults;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Analytics.Storage;

/// <summary>Creates the months of <c>clicks</c>: some ahead, and any other when its first click comes; drops those that are too old.</summary>
public sealed partial class ClickPartitions(NpgsqlDataSource source, IOptions<AnalyticsOptions> options, TimeProvider time, ILogger<ClickPartitions> logger)
    : BackgroundJob("Keeping the partitions of clicks", time, logger)
{
    private const int MonthsAhead = 2;

    private readonly ConcurrentDictionary<DateTime, bool> _known = new();

    /// <summary>Makes sure that clicks of these times have a partition to go to. Safe with any number of replicas.</summary>
    /// <param name="times">UTC.</param>
    public async Task EnsureAsync(IEnumerable<DateTime> times, CancellationToken cancellationToken)
    {
        foreach (var month in times.Select(MonthOf).Distinct().Order())
        {
            if (!_known.ContainsKey(month))
            {
                await CreateAsync(month, cancellationToken);
                _known[month] = true;
            }
        }
    }

    protected override TimeSpan Interval => TimeSpan.FromHours(6);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var month = MonthOf(Time.GetUtcNow().UtcDateTime);
        await EnsureAsync(Enumerable.Range(0, MonthsAhead + 1).Select(ahead => month.AddMonths(ahead)), cancellationToken);
        await DropOldAsync(cancellationToken);
    }

    /// <summary>Retention: dropping a month costs nothing and leaves the rollups. A click that comes later still gets its month again, until the next time.</summary>
    public async Task DropOldAsync(CancellationToken cancellationToken)
    {
        var oldest = MonthOf((Time.GetUtcNow() - options.Value.RawClickRetention).UtcDateTime);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var names = await connection.QueryAsync<string>(new CommandDefinition(
            """
            select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'clicks'::regclass and c.relname < @Oldest order by 1
            """,
            new { Oldest = string.Create(CultureInfo.InvariantCulture, $"clicks_{oldest:yyyy_MM}") }, cancellationToken: cancellationToken));
        foreach (var name in names)
        {
            // "if exists": another replica may be quicker. It waits for clicks that are being written, and they for it: milliseconds.
            // One transaction with the note that the month is incomplete from now on: a late click may make it exist again.
            await connection.ExecuteAsync(new CommandDefinition(
                $"""
                begin;
                update raw_clicks set complete_from = greatest(complete_from, (to_date('{name}', '"clicks_"YYYY_MM') + interval '1 month') at time zone 'UTC') where id = 1;
                drop table if exists {name};
                commit;
                """, cancellationToken: cancellationToken));
            foreach (var known in _known.Keys.Where(month => month < oldest))
            {
                _known.TryRemove(known, out _);
            }

            Log.Dropped(Logger, name);
        }
    }

    private async Task CreateAsync(DateTime month, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"clicks_{month:yyyy_MM}");
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // "create … partition of" would lock the parent against every insert; "attach" doesn't. The advisory lock is
        // for a replica that does the same at the same moment.
        var created = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(string.Create(CultureInfo.InvariantCulture, $"""
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
            """), cancellationToken: cancellationToken));
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

        [LoggerMessage(LogLevel.Information, "Dropped partition {Name}: its clicks are older than they are kept.")]
        public static partial void Dropped(ILogger logger, string name);
    }
}
