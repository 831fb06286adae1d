using System.Collections.Concurrent;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>
/// Reports to identity, in batches, which user was shown which variant of a feature: once a day for each user and variant. Exposures are kept
/// in memory until the broker has confirmed them; those of a killed process are recorded at the user's next visit. No request waits for this.
/// </summary>
public sealed class FeatureExposures(IServiceProvider services, IHostEnvironment environment, TimeProvider time, ILogger<FeatureExposures> logger)
    : BackgroundJob("Publishing exposures of features", time, logger)
{
    /// <summary>Per day, and not yet published: about 20 MB. Any further exposures are dropped.</summary>
    internal const int Most = 100_000;

    private const int BatchSize = 500;

    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string Flag, string Variant, Guid User, Guid Workspace), byte> _seen = new();
    private readonly ConcurrentQueue<FeatureExposure> _waiting = new();
    private long _day;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(1);

    protected override TimeSpan FirstAfter => Interval;

    /// <summary>Records an exposure, if the flag distinguishes between users: one that is on for everybody has nothing to compare.</summary>
    public void Note(FeatureFlag flag, FeatureState state, FeatureSubject subject)
    {
        ArgumentNullException.ThrowIfNull(flag);
        ArgumentNullException.ThrowIfNull(subject);
        if (!flag.Enabled || (flag.Rules.Count == 0 && flag.Variants.Count == 0) || subject is not { User: { } user, Workspace: { } workspace })
        {
            return;
        }

        var now = Time.GetUtcNow();
        var day = now.UtcTicks / TimeSpan.TicksPerDay;
        if (Interlocked.Exchange(ref _day, day) != day)
        {
            _seen.Clear();
        }

        var variant = state.Enabled ? state.Variant ?? "on" : "off";
        if (_seen.Count < Most && _waiting.Count < Most && _seen.TryAdd((flag.Name, variant, user, workspace), 0))
        {
            _waiting.Enqueue(new FeatureExposure(flag.Name, variant, user, workspace, now));
        }
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        // Without the broker nothing is tried: its own health check reports it.
        while (!_waiting.IsEmpty && services.GetService<IBusControl>() is { } bus && bus.CheckHealth().Status is BusHealthStatus.Healthy)
        {
            var batch = _waiting.Take(BatchSize).ToList();
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(PublishTimeout);
            // If this fails, the batch stays in the queue. Published twice, an exposure counts once.
            var exposed = new FeaturesExposed(Guid.CreateVersion7(Time.GetUtcNow()), environment.ApplicationName, batch);
            await bus.Publish(exposed, context => context.RequireQueue(), timeout.Token);
            for (var published = 0; published < batch.Count; published++)
            {
                _waiting.TryDequeue(out _);
            }
        }
    }
}
