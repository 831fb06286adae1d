using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>
/// Settings <c>Connections__*</c> of the two services that face the internet, gateway and redirect: how much of a server's resources one client
/// may use. In addition Kestrel's own defaults apply: it closes connections whose bodies or responses are slower than 240 bytes a second after
/// 5 s, and those on which HTTP/2 streams are opened only to be reset.
/// </summary>
public sealed class ConnectionLimitsOptions : IValidatableObject
{
    public const string Section = "Connections";

    /// <summary>How long a client may take to send its header fields. A browser needs one packet. Default 10.</summary>
    [Range(1, 600, ErrorMessage = "must be 1 to 600 seconds, e.g. 10.")]
    public int HeadersTimeoutSeconds { get; set; } = 10;

    /// <summary>How long a connection may be idle between two requests. An idle one takes about 10 KB. Default 120.</summary>
    [Range(1, 3_600, ErrorMessage = "must be 1 to 3600 seconds, e.g. 120.")]
    public int KeepAliveTimeoutSeconds { get; set; } = 120;

    /// <summary>Concurrent connections of all clients; further ones are closed at once. 0 (default): limited by file descriptors only.</summary>
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
    /// Bytes buffered of a client's requests, so that a pipelining client has to wait for its responses instead of filling memory.
    /// Default 65536.
    /// </summary>
    [Range(4_096, 16 << 20, ErrorMessage = "must be 4096 to 16777216 bytes, e.g. 65536.")]
    public int ReadAheadBytes { get; set; } = 64 * 1024;

    /// <summary>Concurrent requests of an HTTP/2 connection. Default 100.</summary>
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
    /// <summary>Limits slow clients, huge requests and excessive connections. See <see cref="ConnectionLimitsOptions"/>.</summary>
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
