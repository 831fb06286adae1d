using System.Net;
using LinkShort.ServiceDefaults;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LinkShort.Visitors.Networks;

/// <summary>
/// Networks of machines, not people: those that their owners publish, and the operator's own list, which is read again when it changes.
/// </summary>
public sealed partial class KnownNetworks(IOptions<NetworkOptions> options, TimeProvider time, ILogger<KnownNetworks> logger)
    : BackgroundJob("Checking the list of known networks", time, logger)
{
    private readonly string? _path = string.IsNullOrEmpty(options.Value.KnownNetworks) ? null : Path.GetFullPath(options.Value.KnownNetworks);
    private NetworkTable _table = new(PublishedNetworks.All);
    private FileState _seen;
    private FileState _read;

    /// <summary>Allocates and stores nothing.</summary>
    /// <returns>The class of visitors from this network, or null for an unknown network.</returns>
    public ClickClass? Find(IPAddress? address) => address is null ? null : Volatile.Read(ref _table).Find(address);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (_path is null)
        {
            return Task.CompletedTask;
        }

        _seen = FileState.Of(_path);
        Read(_seen);
        return base.StartAsync(cancellationToken);
    }

    protected override TimeSpan Interval => options.Value.KnownNetworksInterval;

    protected override TimeSpan FirstAfter => Interval;

    protected override Task RunAsync(CancellationToken cancellationToken)
    {
        var now = FileState.Of(_path!);
        // A file that changed since the last check may still be being written.
        if (now == _seen && now != _read)
        {
            Read(now);
        }

        _seen = now;
        return Task.CompletedTask;
    }

    private void Read(FileState state)
    {
        _read = state;
        try
        {
            var networks = NetworkList.Parse(File.ReadLines(_path!), out var errors);
            if (errors.Count > 0)
            {
                Log.Refused(Logger, _path!, string.Join("; ", errors));
                return;
            }

            Volatile.Write(ref _table, new NetworkTable(PublishedNetworks.All.Concat(networks)));
            Log.Loaded(Logger, networks.Count, _path!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.Refused(Logger, _path!, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Loaded {Count} known networks from {Path}, in addition to the built-in ones.")]
        public static partial void Loaded(ILogger logger, int count, string path);

        [LoggerMessage(LogLevel.Error, "Setting Redirect__KnownNetworks: {Path} can't be used; the previous networks stay in use. {Reason}")]
        public static partial void Refused(ILogger logger, string path, string reason);
    }
}
