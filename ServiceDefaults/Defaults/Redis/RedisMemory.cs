using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Redis;

/// <summary>
/// Reads every few seconds how full Redis is. Redis evicts nothing (docs/adr/0047), so caches leave room for sessions, limits and revoked keys,
/// whose writes must not be refused. The health check reports a Redis that is nearly full, and one that evicts.
/// </summary>
public sealed partial class RedisMemory(IConnectionMultiplexer redis, TimeProvider time, ILogger<RedisMemory> logger)
    : BackgroundJob("Reading how full Redis is", time, logger), IHealthCheck
{
    /// <summary>The share of <c>maxmemory</c> up to which caches may add entries.</summary>
    public const double CacheShare = 0.75;

    /// <summary>The share from which the health check is degraded.</summary>
    public const double AlarmShare = 0.9;

    // The client allows INFO only in administrator mode; a script is not restricted.
    private const string Info = "return redis.call('INFO', 'memory')";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private volatile Reading? _last;

    /// <summary>Whether caches may add entries. Also true before the first reading and without <c>maxmemory</c>.</summary>
    public bool HasRoomForCaches => _last is not { } last || last.Share < CacheShare;

    /// <summary>A cache adds at most some megabytes in this time.</summary>
    protected override TimeSpan Interval => TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await RunAsync(cancellationToken);
        return Problem is { } problem ? HealthCheckResult.Degraded(problem) : HealthCheckResult.Healthy();
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var text = (string?)await redis.GetDatabase().ScriptEvaluateAsync(Info).WaitAsync(Timeout, cancellationToken);
            var before = Problem;
            _last = Reading.Of(text ?? "");
            if (Problem is { } problem && before is null)
            {
                Log.Problem(Logger, problem);
            }
        }
        catch (Exception exception) when (exception is RedisException || Outages.IsOutage(exception))
        {
            // Unavailable, or a managed server without INFO: nothing is known.
            _last = null;
        }
    }

    private string? Problem => _last switch
    {
        { Evicts: true } last => $"Redis evicts keys ({last.Policy}), and with them sessions and limits. Set its maxmemory-policy to noeviction.",
        { Share: >= AlarmShare } last => string.Create(
            CultureInfo.InvariantCulture, $"Redis uses {last.Share:P0} of its memory. Full, it refuses new sessions. Raise LINKSHORT_REDIS_MEMORY, or maxmemory of an external server."),
        _ => null,
    };

    /// <param name="Share">Of <c>maxmemory</c>; 0 without one.</param>
    private sealed record Reading(double Share, string Policy)
    {
        public bool Evicts => Share > 0 && Policy is not ("noeviction" or "");

        /// <summary>Reads the section <c>memory</c> of INFO: https://redis.io/docs/latest/commands/info/.</summary>
        public static Reading Of(string info)
        {
            var fields = info.Split('\n').Select(line => line.Trim().Split(':', 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1]);
            var max = Number("maxmemory");
            return new Reading(max > 0 ? Number("used_memory") / max : 0, fields.GetValueOrDefault("maxmemory_policy", ""));

            double Number(string name) => double.TryParse(fields.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var value) ? value : 0;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Problem}")]
        public static partial void Problem(ILogger logger, string problem);
    }
}
