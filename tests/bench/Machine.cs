using System.Globalization;
using System.Runtime.InteropServices;

namespace LinkShort.Bench;

/// <summary>The machine that the figures are from.</summary>
internal static class Machine
{
    public static string Description
    {
        get
        {
            var processor = FirstValue("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();
            var memory = FirstValue("/proc/meminfo", "MemTotal") is { } total
                ? $", {long.Parse(total.Split(' ')[0], CultureInfo.InvariantCulture) / (1024 * 1024)} GiB memory"
                : "";
            var load = File.Exists("/proc/loadavg") ? $", load average before: {File.ReadAllText("/proc/loadavg").Split(' ')[0]}" : "";
            return $"{Environment.ProcessorCount} cores of {processor}{memory}; {RuntimeInformation.OSDescription.Trim()}; {RuntimeInformation.FrameworkDescription}{load}";
        }
    }

    private static string? FirstValue(string file, string key) => !File.Exists(file)
        ? null
        : File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
}
