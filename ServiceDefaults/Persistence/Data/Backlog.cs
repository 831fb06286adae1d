using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

/// <summary>Pending work in a table of the service's own database.</summary>
/// <param name="Name">The name of the health check, and the value of the metrics' tag <c>backlog</c>.</param>
/// <param name="Sql">
/// Returns one row: the number of pending entries (bigint), the time of the oldest of them (timestamptz; null for none), and the number of parked
/// entries (bigint). <c>@Now</c> is the time; <c>@Most</c> limits the count.
/// </param>
/// <param name="Waiting">The text for one entry, and the text that follows the number of several.</param>
/// <param name="Parked">The same for entries that are parked because they can't be handled; null for a table without them.</param>
public sealed record Backlog(string Name, string Sql, (string One, string Many) Waiting, (string One, string Many)? Parked = null);

public static class BacklogExtensions
{
    /// <summary>
    /// Measures a backlog: as metrics (<c>linkshort.backlog.entries</c>, <c>.age</c>, <c>.parked</c>) and as a health check, which is degraded
    /// while the oldest entry is older than a limit, or entries are parked. Never unhealthy: requests are still served.
    /// </summary>
    public static void AddBacklog(this IHostApplicationBuilder builder, Backlog backlog, Func<IServiceProvider, TimeSpan> degradedAfter)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(backlog);
        ArgumentNullException.ThrowIfNull(degradedAfter);
        builder.Services.TryAddSingleton<BacklogMetrics>();
        builder.Services.AddKeyedSingleton(backlog.Name, (services, _) => new BacklogMonitor(
            backlog, degradedAfter(services), services.GetRequiredService<NpgsqlDataSource>(), services.GetRequiredService<BacklogMetrics>(),
            services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<BacklogMonitor>>()));
        builder.Services.AddSingleton<IHostedService>(services => services.GetRequiredKeyedService<BacklogMonitor>(backlog.Name));
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            backlog.Name, services => services.GetRequiredKeyedService<BacklogMonitor>(backlog.Name), HealthStatus.Degraded, ["ready"]));
    }
}

/// <summary>
/// Measures in the background, so that neither a health probe nor a collector waits for it. The interval grows with the duration of the measurement,
/// which therefore takes at most one hundredth of the time.
/// </summary>
internal sealed class BacklogMonitor(
    Backlog backlog, TimeSpan degradedAfter, NpgsqlDataSource source, BacklogMetrics metrics, TimeProvider time, ILogger<BacklogMonitor> logger)
    : BackgroundJob($"Measuring the backlog {backlog.Name}", time, logger), IHealthCheck
{
    private const int Most = 1_000_000;
    private const int RestFactor = 100;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(5);

    private TimeSpan _interval = ShortestInterval;
    private volatile Measured? _last;

    public string Name => backlog.Name;

    /// <summary>Null before the first measurement.</summary>
    public Measured? Last => _last;

    protected override TimeSpan Interval => _interval;

    /// <summary>How long the oldest entry has been pending.</summary>
    public TimeSpan AgeOf(Measured measured) =>
        measured.Oldest is { } oldest && Time.GetUtcNow() - oldest is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_last is not { } measured)
        {
            return Task.FromResult(HealthCheckResult.Healthy());
        }

        var problems = new List<string>();
        if (measured.Oldest is { } oldest && AgeOf(measured) > degradedAfter)
        {
            problems.Add($"{InWords(measured.Entries, backlog.Waiting)}, the oldest since {InWords(oldest)}.");
        }

        if (measured.Parked > 0 && backlog.Parked is { } parked)
        {
            problems.Add(InWords(measured.Parked, parked) + ".");
        }

        return Task.FromResult(problems.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(' ', problems)));
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Observe(this);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        var started = Time.GetTimestamp();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var (entries, oldest, parked) = await connection.QuerySingleAsync<(long, DateTimeOffset?, long)>(
            backlog.Sql, new { Now = Time.GetUtcNow(), Most }, cancellationToken);
        _last = new Measured(entries, oldest, parked);
        var rest = Time.GetElapsedTime(started) * RestFactor;
        _interval = rest > ShortestInterval ? rest : ShortestInterval;
    }

    private static string InWords(long entries, (string One, string Many) words) =>
        entries == 1 ? words.One : string.Create(CultureInfo.InvariantCulture, $"{entries:N0}{(entries == Most ? " or more" : "")} {words.Many}");

    private string InWords(DateTimeOffset oldest) => string.Create(
        CultureInfo.InvariantCulture,
        $"{oldest.UtcDateTime.ToString(oldest.UtcDateTime.Date == Time.GetUtcNow().UtcDateTime.Date ? "HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC");

    /// <param name="Oldest">The time of the oldest entry; null for none.</param>
    internal sealed record Measured(long Entries, DateTimeOffset? Oldest, long Parked);
}

/// <summary>The last measurements of the service's backlogs.</summary>
internal sealed class BacklogMetrics
{
    private readonly ConcurrentDictionary<string, BacklogMonitor> _monitors = new(StringComparer.Ordinal);

    public BacklogMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("LinkShort.Backlog");
        meter.CreateObservableGauge("linkshort.backlog.entries", () => Each((_, last) => last.Entries), "{entry}", "Entries that wait, by backlog; counted up to 1,000,000.");
        meter.CreateObservableGauge(
            "linkshort.backlog.age", () => Each((monitor, last) => monitor.AgeOf(last).TotalSeconds), "s", "How long the oldest entry has waited, by backlog.");
        meter.CreateObservableGauge("linkshort.backlog.parked", () => Each((_, last) => last.Parked), "{entry}", "Entries that were parked because they can't be handled, by backlog.");
    }

    public void Observe(BacklogMonitor monitor) => _monitors[monitor.Name] = monitor;

    private IEnumerable<Measurement<T>> Each<T>(Func<BacklogMonitor, BacklogMonitor.Measured, T> measure) where T : struct
    {
        foreach (var (name, monitor) in _monitors)
        {
            if (monitor.Last is { } last)
            {
                yield return new Measurement<T>(measure(monitor, last), new KeyValuePair<string, object?>("backlog", name));
            }
        }
    }
}
