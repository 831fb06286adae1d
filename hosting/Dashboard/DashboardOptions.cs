using LinkShort.Hosting.Engine;
using Microsoft.Extensions.Configuration;

namespace LinkShort.Hosting.Dashboard;

/// <summary>Where the operations dashboard listens.</summary>
/// <param name="Port">0 for any free one.</param>
internal sealed record DashboardOptions(int Port)
{
    public const string PortSetting = "LINKSHORT_DASHBOARD_PORT";
    public const int DefaultPort = 18888;

    /// <exception cref="Aspire.Hosting.DistributedApplicationException">The setting is not a port.</exception>
    public static DashboardOptions From(IConfiguration configuration, EngineSettings settings)
    {
        if (settings.IsTemporary)
        {
            return new DashboardOptions(0);
        }

        var wanted = configuration[PortSetting];
        return string.IsNullOrWhiteSpace(wanted)
            ? new DashboardOptions(DefaultPort)
            : int.TryParse(wanted, out var port) && port is >= 0 and <= 65535
                ? new DashboardOptions(port)
                : throw new Aspire.Hosting.DistributedApplicationException($"{PortSetting} is '{wanted}': set it to a port from 1 to 65535, or 0 for any free one.");
    }
}
