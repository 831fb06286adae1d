using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LinkShort.Visitors.Networks;

/// <summary>Networks from which machines come and no people: those that their owners publish, and the operator's own.</summary>
public sealed partial class KnownNetworks(IOptions<NetworkOptions> options, TimeProvider time, ILogger<KnownNetworks> logger) : BackgroundService
{
    private readonly string? _path = string.IsNullOrEmpty(options.Value.KnownNetworks) ? null : Path.GetFullPath(options.Value.KnownNetworks);
    private NetworkTable _table = new(PublishedNetworks.All);
    private FileState _seen;
    private FileState _read;

    /// <summary>Allocates nothing, keeps nothing.</summary>
    /// <returns>The class of what comes from there, or null for nobody's network that is known.</returns>
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.KnownNetworksInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var now = FileState.Of(_path!);
                // A file that changed since the last look is perhaps still being written.
                if (now == _seen && now != _read)
                {
                    Read(now);
                }

                _seen = now;
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
    }

    private void Read(FileState state)
    {
        _read = state;
        try
        {
            var networks = NetworkList.Parse(File.ReadLines(_path!), out var errors);
            if (errors.Count > 0)
            {
                Log.Refused(logger, _path!, string.Join("; ", errors));
                return;
            }

            Volatile.Write(ref _table, new NetworkTable(PublishedNetworks.All.Concat(networks)));
            Log.Loaded(logger, networks.Count, _path!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.Refused(logger, _path!, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Count} known networks of {Path} are in use besides the built-in ones.")]
        public static partial void Loaded(ILogger logger, int count, string path);

        [LoggerMessage(LogLevel.Error, "Setting Redirect__KnownNetworks: {Path} can't be used; the networks before stay in use. {Reason}")]
        public static partial void Refused(ILogger logger, string path, string reason);
    }
}
