using LinkShort.Redirect.Routing;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// Fills the filter over all codes from the read model: when the service starts, after messages may have been missed, when the read model
/// was built anew, and when there are more codes than the filter was made for. In the background: until then every code is asked for.
/// </summary>
public sealed partial class CodeFilterRefresher(
    CodeFilter filter, RouteStore store, RedirectTelemetry telemetry, TimeProvider time, ILogger<CodeFilterRefresher> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the read model is asked whether it is still the one that was read.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private DateTime? _read;
    private long _lookedAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        telemetry.ObserveFilter(() => filter.Count);
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await TryKeepAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
    }

    private async Task TryKeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (filter.IsTrusted && time.GetElapsedTime(_lookedAt) > LookInterval)
            {
                // Built anew by this replica or another: page by page, which no message tells of.
                _lookedAt = time.GetTimestamp();
                if (await store.FinishedAsync(cancellationToken) is { } finished && finished != _read)
                {
                    filter.Distrust();
                }
            }

            if (filter.NeedsLoading)
            {
                await LoadAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The store is away, or there are no tables yet.
            Log.Later(logger, exception.Message);
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var epoch = 0L;
        _read = await store.ReadCodesAsync(expected => epoch = filter.BeginLoad(expected), key => filter.AddStored(key), cancellationToken);
        if (_read is not null && filter.TryFinish(epoch))
        {
            _lookedAt = time.GetTimestamp();
            Log.Loaded(logger, filter.Count, time.GetElapsedTime(started));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The filter knows {Count} codes; reading them took {Time}.")]
        public static partial void Loaded(ILogger logger, long count, TimeSpan time);

        [LoggerMessage(LogLevel.Debug, "The filter over all codes is read later: {Reason}")]
        public static partial void Later(ILogger logger, string reason);
    }
}
