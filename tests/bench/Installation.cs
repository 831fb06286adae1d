using System.Reflection;
using LinkShort.Testing;

namespace LinkShort.Bench;

/// <summary>The processes of the benchmark.</summary>
internal static class Installation
{
    public const string Broker = "messaging";

    /// <param name="model">redirect or drain: see tests/BenchHost.</param>
    /// <param name="links">A stand-in for the links service.</param>
    /// <param name="healthy">Services to wait for.</param>
    /// <param name="cancellationToken">Limits the start.</param>
    public static Task<RunningModel> StartAsync(string model, Uri links, string[] healthy, CancellationToken cancellationToken) =>
        RunningModel.StartAsync<Projects.LinkShort_BenchHost>(
            [$"--MODEL={model}", $"--LINKS={links.AbsoluteUri}", $"--BENCH={Assembly.GetExecutingAssembly().Location}", $"--NGINX={NginxScript}"], null, healthy, cancellationToken);

    /// <summary>Debian's nginx with its own configuration, in a single process that replaces the shell.</summary>
    private static string NginxScript => $"""
        mkdir -p "$LINKSHORT_DATA/nginx"
        sed -e "s|@port@|$BENCH_PORT|" -e "s|@folder@|$LINKSHORT_DATA/nginx|" -e 's|@destination@|{Codes.Destination.Replace("&", "\\&", StringComparison.Ordinal)}|' nginx.conf > "$LINKSHORT_DATA/nginx/nginx.conf"
        PATH="$PATH:/usr/sbin" exec nginx -p "$LINKSHORT_DATA/nginx" -e stderr -c "$LINKSHORT_DATA/nginx/nginx.conf"
        """;
}
