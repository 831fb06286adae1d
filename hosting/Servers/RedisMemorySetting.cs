using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration;

namespace LinkShort.Hosting.Servers;

/// <summary>
/// <c>LINKSHORT_REDIS_MEMORY</c>: the memory of Redis for data. When it is full, Redis refuses writes instead of evicting keys: sessions, limits and
/// revoked keys expire like caches, and Redis can't distinguish them (docs/adr/0047).
/// </summary>
internal static partial class RedisMemorySetting
{
    public const string Name = "LINKSHORT_REDIS_MEMORY";

    public const string Default = "512mb";

    public const string Policy = "noeviction";

    private const long LeastMegabytes = 64;
    private const long MostMegabytes = 1024 * 1024;

    /// <returns>A size as Redis reads it, such as <c>512mb</c>.</returns>
    /// <exception cref="DistributedApplicationException">Not a size.</exception>
    public static string Of(IConfiguration configuration)
    {
        var text = configuration[Name] is { Length: > 0 } setting ? setting.Trim().ToLowerInvariant() : Default;
        var match = Size().Match(text);
        var megabytes = match.Success ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * (match.Groups[2].ValueSpan is "gb" ? 1024 : 1) : 0;
        return megabytes is >= LeastMegabytes and <= MostMegabytes
            ? text
            : throw new DistributedApplicationException($"{Name} is '{text}': set it to 64mb to 1024gb, e.g. {Default} or 2gb, or leave it empty for {Default}.");
    }

    [GeneratedRegex("^([0-9]{1,7})(mb|gb)$")]
    private static partial Regex Size();
}
