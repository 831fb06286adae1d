using System.Collections.Concurrent;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>
/// Who met which variant, once a day and subject, told to identity in batches. Kept in memory until the broker has them: what a killed
/// process hadn't told yet is noted again the next time somebody meets the feature. Statistics, so nobody ever waits for it.
/// </summary>
public sealed partial class FeatureExposures(IServiceProvider services, IHostEnvironment environment, TimeProvider time, ILogger<FeatureExposures> logger)
    : BackgroundService
{
    /// <summary>Of a day, and waiting: about 20 MB. What is more isn't noted.</summary>
    internal const int Most = 100_000;

    private const int BatchSize = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string Flag, string Variant, Guid User, Guid Workspace), byte> _seen = new();
    private readonly ConcurrentQueue<FeatureExposure> _waiting = new();
    private long _day;
    private bool _isPostponed;

    /// <summary>Only of flags that tell people apart: one that is on for all has nothing to compare.</summary>
    public void Note(FeatureFlag flag, FeatureState state, FeatureSubject subject)
    {
        ArgumentNullException.ThrowIfNull(flag);
        ArgumentNullException.ThrowIfNull(subject);
        if (!flag.Enabled || (flag.Rules.Count == 0 && flag.Variants.Count == 0) || subject is not { User: { } user, Workspace: { } workspace })
        {
            return;
        }

        var now = time.GetUtcNow();
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TellAsync(stoppingToken);
        }
    }

    private async Task TellAsync(CancellationToken stoppingToken)
    {
        while (!_waiting.IsEmpty && services.GetService<IBusControl>() is { } bus && bus.CheckHealth().Status is BusHealthStatus.Healthy)
        {
            var batch = _waiting.Take(BatchSize).ToList();
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            patience.CancelAfter(Patience);
            try
            {
                await bus.Publish(new FeaturesExposed(Guid.CreateVersion7(time.GetUtcNow()), environment.ApplicationName, batch), context => context.RequireQueue(), patience.Token);
            }
            catch (Exception exception)
            {
                // They stay in front; told twice they count once.
                if (!_isPostponed)
                {
                    Log.Postponed(logger, exception.Message);
                }

                _isPostponed = true;
                return;
            }

            _isPostponed = false;
            for (var told = 0; told < batch.Count; told++)
            {
                _waiting.TryDequeue(out _);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Exposures of features wait until the broker takes them: {Reason}")]
        public static partial void Postponed(ILogger logger, string reason);
    }
}
