using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>
/// Settings <c>Connections__*</c> of the two services that strangers connect to, gateway and redirect: what one client may hold of a
/// server before it is cut off. Beyond them Kestrel's own defaults hold: bodies and answers slower than 240 bytes a second are cut off
/// after 5 s, and connections on which HTTP/2 streams are opened only to be reset.
/// </summary>
public sealed class ConnectionLimitsOptions : IValidatableObject
{
    public const string Section = "Connections";

    /// <summary>How long a client may take to send its header fields. A browser needs one packet. Default 10.</summary>
    [Range(1, 600, ErrorMessage = "must be 1 to 600 seconds, e.g. 10.")]
    public int HeadersTimeoutSeconds { get; set; } = 10;

    /// <summary>How long a connection may rest between two requests. An idle one costs about 10 KB. Default 120.</summary>
    [Range(1, 3_600, ErrorMessage = "must be 1 to 3600 seconds, e.g. 120.")]
    public int KeepAliveTimeoutSeconds { get; set; } = 120;

    /// <summary>Connections at a time, over all clients; more are closed at once. 0 (default) for as many as the system has file descriptors for.</summary>
    [Range(0, 10_000_000, ErrorMessage = "must be 0 (no limit) to 10000000.")]
    public int Max { get; set; }

    /// <summary>Longest request line: 414 beyond. A code of 512 characters, each percent-encoded, and a query fit. Default 8192.</summary>
    [Range(1_024, 1 << 20, ErrorMessage = "must be 1024 to 1048576 bytes, e.g. 8192.")]
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>All header fields together: 431 beyond. Default 16384.</summary>
    [Range(1_024, 1 << 20, ErrorMessage = "must be 1024 to 1048576 bytes, e.g. 16384.")]
    public int MaxHeadersBytes { get; set; } = 16 * 1024;

    /// <summary>Header fields of a request: 431 beyond. Default 64.</summary>
    [Range(8, 1_000, ErrorMessage = "must be 8 to 1000, e.g. 64.")]
    public int MaxHeaders { get; set; } = 64;

    /// <summary>
    /// What is read ahead of a client, so that a pipelining one waits for its answers instead of filling memory or keeping a thread.
    /// Default 65536.
    /// </summary>
    [Range(4_096, 16 << 20, ErrorMessage = "must be 4096 to 16777216 bytes, e.g. 65536.")]
    public int ReadAheadBytes { get; set; } = 64 * 1024;

    /// <summary>Requests of one HTTP/2 connection at a time. Default 100.</summary>
    [Range(1, 1_000, ErrorMessage = "must be 1 to 1000, e.g. 100.")]
    public int MaxStreams { get; set; } = 100;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ReadAheadBytes < MaxRequestLineBytes || ReadAheadBytes < MaxHeadersBytes)
        {
            yield return new ValidationResult(
                $"must not be smaller than MaxRequestLineBytes ({MaxRequestLineBytes}) and MaxHeadersBytes ({MaxHeadersBytes}).", [nameof(ReadAheadBytes)]);
        }
    }
}

public static class ConnectionLimitsExtensions
{
    /// <summary>Slow, huge and hoarding clients are cut off before they hurt others. See <see cref="ConnectionLimitsOptions"/>.</summary>
    public static void AddConnectionLimits(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddValidatedOptions<ConnectionLimitsOptions>(ConnectionLimitsOptions.Section);
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<ConnectionLimitsOptions>>((kestrel, options) => Apply(kestrel.Limits, options.Value));
    }

    private static void Apply(KestrelServerLimits limits, ConnectionLimitsOptions options)
    {
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.HeadersTimeoutSeconds);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.KeepAliveTimeoutSeconds);
        limits.MaxConcurrentConnections = options.Max == 0 ? null : options.Max;
        limits.MaxRequestLineSize = options.MaxRequestLineBytes;
        limits.MaxRequestHeadersTotalSize = options.MaxHeadersBytes;
        limits.MaxRequestHeaderCount = options.MaxHeaders;
        limits.MaxRequestBufferSize = options.ReadAheadBytes;
        limits.Http2.MaxStreamsPerConnection = options.MaxStreams;
    }
}
