using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// Fills the filter over all codes from the read model: at the start, after messages may have been missed, after a rebuild, and when the
/// filter holds more codes than it was sized for. Until it is filled, every code is looked up.
/// </summary>
public sealed partial class CodeFilterRefresher(
    CodeFilter filter, RouteStore store, RedirectTelemetry telemetry, TimeProvider time, ILogger<CodeFilterRefresher> logger)
    : BackgroundJob("Refreshing the code filter", time, logger)
{
    /// <summary>How often the refresher checks whether the read model was rebuilt since.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);

    private DateTime? _read;
    private long _checkedAt;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        telemetry.ObserveFilter(() => filter.Count);
        return base.StartAsync(cancellationToken);
    }

    protected override TimeSpan Interval => TimeSpan.FromMilliseconds(500);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        if (filter.IsTrusted && Time.GetElapsedTime(_checkedAt) > CheckInterval)
        {
            // A rebuild, by any replica, writes pages without publishing a message for each route.
            if (await store.FinishedAsync(cancellationToken) is { } finished && finished != _read)
            {
                filter.Distrust();
            }

            // Only now: a failed check is repeated at once, so that failures in a row are counted as such.
            _checkedAt = Time.GetTimestamp();
        }

        if (filter.NeedsLoading)
        {
            await LoadAsync(cancellationToken);
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var started = Time.GetTimestamp();
        var epoch = 0L;
        _read = await store.ReadCodesAsync(expected => epoch = filter.BeginLoad(expected), key => filter.AddStored(key), cancellationToken);
        if (_read is not null && filter.TryFinish(epoch))
        {
            _checkedAt = Time.GetTimestamp();
            Log.Loaded(Logger, filter.Count, Time.GetElapsedTime(started));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The code filter was loaded with {Count} codes in {Time}.")]
        public static partial void Loaded(ILogger logger, long count, TimeSpan time);
    }
}
