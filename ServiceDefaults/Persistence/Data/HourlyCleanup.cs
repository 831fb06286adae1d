using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

public static class CleanupExtensions
{
    /// <summary>
    /// Deletes expired rows a minute after the start and then every hour, while <see cref="DeletionClock"/> trusts the clock. Replicas may do
    /// it at the same time.
    /// </summary>
    /// <param name="what">For the log, such as <c>Ended sessions</c>.</param>
    /// <param name="sql">One or several statements.</param>
    /// <param name="parameters">The statements' parameters at a given time.</param>
    /// <param name="isDisposable">True if deleting these rows too early does no harm: then the clock is not checked.</param>
    public static void AddHourlyCleanup(
        this IServiceCollection services, string what, string sql, Func<DateTimeOffset, object> parameters, bool isDisposable = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(what);
        ArgumentException.ThrowIfNullOrEmpty(sql);
        ArgumentNullException.ThrowIfNull(parameters);
        services.AddDeletionClock();
        // AddHostedService would register only one service of this type.
        services.AddSingleton<IHostedService>(provider => new HourlyCleanup(
            what, sql, parameters, isDisposable, provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<DeletionClock>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<HourlyCleanup>>()));
    }
}

internal sealed class HourlyCleanup(
    string what, string sql, Func<DateTimeOffset, object> parameters, bool isDisposable, NpgsqlDataSource source, DeletionClock clock, TimeProvider time,
    ILogger<HourlyCleanup> logger)
    : BackgroundJob($"Deleting expired rows ({what})", time, logger)
{
    protected override TimeSpan Interval => TimeSpan.FromHours(1);

    protected override TimeSpan FirstAfter => TimeSpan.FromMinutes(1);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!isDisposable && !await clock.IsTrustedAsync(cancellationToken))
        {
            return;
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(sql, parameters(Time.GetUtcNow()), cancellationToken);
    }
}
