using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

public static class DeletionClockExtensions
{
    /// <summary>Adds <see cref="DeletionClock"/> with the health check <c>deletion clock</c>. May be called several times.</summary>
    public static void AddDeletionClock(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(DeletionClock)))
        {
            return;
        }

        services.AddSingleton<DeletionClock>();
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            "deletion clock", provider => provider.GetRequiredService<DeletionClock>(), HealthStatus.Degraded, ["ready"]));
    }

    /// <summary>Creates the table of <see cref="DeletionClock"/>, with the time of the migration as its first reading.</summary>
    public static void CreateDeletionClock(this MigrationBuilder migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        migration.Sql("""
            create table deletion_clock (
                id           integer primary key check (id = 1),
                seen_at      timestamptz not null, -- the last reading of PostgreSQL's clock, ten minutes old at most while a service runs
                trusted_from timestamptz not null  -- a day after the last jump
            );
            insert into deletion_clock (id, seen_at, trusted_from) values (1, clock_timestamp(), clock_timestamp());
            """);
    }
}

/// <summary>
/// Decides whether the clock can be trusted to delete data because of its age. After a jump forward all data looks old, and correcting the clock
/// doesn't restore what was deleted. Nothing is deleted while the clocks of this process and PostgreSQL differ, nor for a day after PostgreSQL's
/// clock went back or more than a day passed between two readings, because it jumped or the service was stopped.
/// </summary>
public sealed partial class DeletionClock(NpgsqlDataSource source, TimeProvider time, ILogger<DeletionClock> logger) : IHealthCheck
{
    /// <summary>Clocks that are synchronised differ by milliseconds.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>The hourly cleanups read the clock, so a longer gap is a jump or a stop. A shorter jump deletes data at most a day early.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromDays(1);

    /// <summary>Time for an operator, or the time service, to correct the clock.</summary>
    private static readonly TimeSpan Confirmation = TimeSpan.FromDays(1);

    /// <summary>The reading is updated at this interval, to limit writes.</summary>
    private static readonly TimeSpan Precision = TimeSpan.FromMinutes(10);

    private volatile string? _doubt;

    /// <summary>False if nothing may be deleted because of its age now. The log and the health check have the reason.</summary>
    public async Task<bool> IsTrustedAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var reading = await connection.QuerySingleAsync<Reading>(
            """
            with reading as (select clock_timestamp() as now),
            noted as (
                update deletion_clock c set
                    seen_at = r.now,
                    trusted_from = case when r.now between c.seen_at - @Tolerance and c.seen_at + @LongestGap then c.trusted_from else r.now + @Confirmation end
                from reading r
                where r.now not between c.seen_at and c.seen_at + @Precision
                returning c.trusted_from
            )
            select r.now, c.seen_at, coalesce(n.trusted_from, c.trusted_from) as trusted_from
            from deletion_clock c cross join reading r left join noted n on true
            """,
            new { Tolerance, LongestGap, Confirmation, Precision }, cancellationToken);
        var difference = time.GetUtcNow() - reading.Now;
        Report(difference.Duration() > Tolerance
            ? $"The clocks of this service and of PostgreSQL differ by {Rounded(difference)}: nothing is deleted because of its age until they agree."
            : reading.Now < reading.TrustedFrom
                ? $"The clock jumped, or the service was stopped for more than a day: nothing is deleted because of its age before {reading.TrustedFrom.UtcDateTime:u}."
                : null);
        if ((reading.Now - reading.SeenAt) is var gap && (gap > LongestGap || gap < -Tolerance))
        {
            Log.Jumped(logger, reading.SeenAt.UtcDateTime, reading.Now.UtcDateTime, reading.TrustedFrom.UtcDateTime);
        }

        return _doubt is null;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_doubt is { } doubt ? HealthCheckResult.Degraded(doubt) : HealthCheckResult.Healthy());

    private void Report(string? doubt)
    {
        if (doubt is not null && _doubt is null)
        {
            Log.Doubted(logger, doubt);
        }

        _doubt = doubt;
    }

    private static TimeSpan Rounded(TimeSpan difference) => TimeSpan.FromSeconds(Math.Round(difference.Duration().TotalSeconds));

    private sealed record Reading(DateTimeOffset Now, DateTimeOffset SeenAt, DateTimeOffset TrustedFrom);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Doubt}")]
        public static partial void Doubted(ILogger logger, string doubt);

        [LoggerMessage(LogLevel.Warning, "PostgreSQL's clock was {Before} at the last reading and is {Now} now; deletions by age are suspended until {TrustedFrom}.")]
        public static partial void Jumped(ILogger logger, DateTime before, DateTime now, DateTime trustedFrom);
    }
}
