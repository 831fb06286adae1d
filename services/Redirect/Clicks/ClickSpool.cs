using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Clicks;

/// <summary>This process's own spool and the spools it adopted, in <c>LINKSHORT_DATA</c>/spool.</summary>
public sealed partial class ClickSpool : IDisposable
{
    private readonly string _root;
    private readonly List<Spool> _adopted = [];
    private readonly RedirectTelemetry _telemetry;
    private readonly ILogger<ClickSpool> _logger;

    public ClickSpool(
        IConfiguration configuration, SpoolQuota quota, IOptions<RedirectOptions> options, RedirectTelemetry telemetry, ILogger<ClickSpool> logger)
    {
        _root = Path.Combine(Path.GetFullPath(configuration["LINKSHORT_DATA"] is { Length: > 0 } data ? data : ".data"), "spool");
        _telemetry = telemetry;
        _logger = logger;
        Quota = quota;
        Own = Spool.Create(_root, quota, options.Value.SpoolSegmentBytes);
    }

    public SpoolQuota Quota { get; }

    public Spool Own { get; }

    public IReadOnlyList<Spool> Adopted => [.. _adopted];

    public void AdoptAbandoned()
    {
        foreach (var spool in Spool.Adopt(_root, Quota))
        {
            _adopted.Add(spool);
            Log.Adopted(_logger, spool.Folder);
            if (spool.IsForeign)
            {
                Log.Foreign(_logger, spool.Folder);
            }

            foreach (var (path, regions) in spool.Damage)
            {
                // At least one click per region; the exact number is unknown.
                _telemetry.ClickDropped("damaged", regions);
                Log.Damaged(_logger, path, regions);
            }
        }
    }

    /// <summary>Removes a drained adopted spool.</summary>
    public void Release(Spool spool)
    {
        // A spool with files of a later version stays, and stays locked, until this process ends: other replicas of this version can't read
        // it either.
        if (!spool.IsForeign)
        {
            _adopted.Remove(spool);
            spool.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var spool in _adopted)
        {
            spool.Dispose();
        }

        Own.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Adopted {Folder}: this process publishes the clicks that another one left there.")]
        public static partial void Adopted(ILogger logger, string folder);

        [LoggerMessage(LogLevel.Warning, "{Folder} has clicks in a format of a later version. They stay there until that version is started.")]
        public static partial void Foreign(ILogger logger, string folder);

        [LoggerMessage(LogLevel.Error, "{Path} has {Regions} damaged regions; all other clicks in it are published.")]
        public static partial void Damaged(ILogger logger, string path, int regions);
    }
}
