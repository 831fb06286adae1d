using LinkShort.ServiceDefaults;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LinkShort.Blocklist;

/// <summary>
/// Keeps <see cref="CurrentBlocklist"/> up to date with its source: reads it at the start, when the file changes, and every
/// <see cref="BlocklistOptions.RefreshSeconds"/>. When the source can't be fetched or read, the last good list stays in use.
/// </summary>
internal sealed partial class BlocklistRefresher(
    CurrentBlocklist current, IOptions<BlocklistOptions> options, TimeProvider time, ILogger<BlocklistRefresher> logger)
    : BackgroundJob("Refreshing the block list", time, logger), IHealthCheck
{
    /// <summary>Editors write a file in several steps.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(100);

    /// <summary>A list that blocks more than one in a million URLs by chance was meant for another purpose.</summary>
    private const double TolerableRate = 1e-6;

    private readonly BlocklistSource _source = new(options.Value);
    private readonly Signal _changed = new();
    private FileSystemWatcher? _watcher;
    private volatile bool _isStale;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isStale
            ? HealthCheckResult.Degraded("The block list can't be read; the last good one stays in use. The log has its source and the reason.")
            : HealthCheckResult.Healthy());

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // A file is read before the first request. A URL may be slow, so the start doesn't wait for it.
        if (options.Value is { Source.Length: > 0, Address: null })
        {
            await RefreshAsync(cancellationToken);
        }

        if (options.Value.Source.Length > 0)
        {
            _watcher = Watch();
            await base.StartAsync(cancellationToken);
        }
    }

    public override void Dispose()
    {
        _watcher?.Dispose();
        _changed.Dispose();
        _source.Dispose();
        base.Dispose();
    }

    protected override TimeSpan Interval => TimeSpan.FromSeconds(options.Value.RefreshSeconds);

    protected override Task RunAsync(CancellationToken cancellationToken) => RefreshAsync(cancellationToken);

    protected override async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (await _changed.WaitAsync(atMost, cancellationToken))
        {
            await Task.Delay(SettleTime, Time, cancellationToken);
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await _source.ReadAsync(cancellationToken) is { } urls)
            {
                current.Replace(urls);
                Log.Read(Logger, options.Value.Source, urls.Count, urls.Bytes);
                if (urls.FalsePositiveRate > TolerableRate)
                {
                    Log.Coarse(Logger, options.Value.Source, urls.FalsePositiveRate);
                }
            }

            _isStale = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DamagedBlocklistException || Outages.IsOutage(exception))
        {
            _isStale = true;
            Log.Kept(Logger, options.Value.Source, exception.Message, current.Urls.Count);
        }
    }

    /// <returns>Null if the file's folder doesn't exist: the file is then read every <see cref="BlocklistOptions.RefreshSeconds"/> only.</returns>
    private FileSystemWatcher? Watch()
    {
        var path = Path.GetFullPath(options.Value.Source);
        if (options.Value.Address is not null || Path.GetDirectoryName(path) is not { } folder || !Directory.Exists(folder))
        {
            return null;
        }

        var watcher = new FileSystemWatcher(folder, Path.GetFileName(path)) { NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.Size };
        watcher.Changed += (_, _) => _changed.Raise();
        watcher.Created += (_, _) => _changed.Raise();
        watcher.Renamed += (_, _) => _changed.Raise();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Read the block list {Source}: {Count} entries, {Bytes} bytes.")]
        public static partial void Read(ILogger logger, string source, int count, long bytes);

        [LoggerMessage(LogLevel.Warning, "The block list {Source} has so many short prefixes that each expression of a harmless address is blocked with a chance of {Rate}. Use prefixes of 8 bytes or more.")]
        public static partial void Coarse(ILogger logger, string source, double rate);

        [LoggerMessage(LogLevel.Warning, "The block list {Source} can't be used: {Reason}. The last good list stays in use ({Count} entries).")]
        public static partial void Kept(ILogger logger, string source, string reason, int count);
    }
}
