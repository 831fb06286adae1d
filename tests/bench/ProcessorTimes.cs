using System.Diagnostics;
using System.Globalization;

namespace LinkShort.Bench;

/// <summary>Processor time from Linux (proc(5), stat), in steps of 10 ms.</summary>
internal static class ProcessorTimes
{
    private const double TicksASecond = 100;
    private const int Parent = 1;
    private const int User = 11;

    public static TimeSpan Of(IEnumerable<int> processes)
    {
        var total = TimeSpan.Zero;
        foreach (var id in processes)
        {
            using var process = Process.GetProcessById(id);
            total += process.TotalProcessorTime;
        }

        return total;
    }

    /// <summary>Of a process and its descendants, because RabbitMQ's is the child of a script.</summary>
    public static TimeSpan OfTree(int root)
    {
        List<(int Id, int Parent, TimeSpan Time)> all = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Fields(folder) is { } fields)
            {
                all.Add((id, int.Parse(fields[Parent], CultureInfo.InvariantCulture), Time(fields, User)));
            }
        }

        HashSet<int> tree = [root];
        while (all.Where(process => tree.Contains(process.Parent) && !tree.Contains(process.Id)).ToList() is { Count: > 0 } children)
        {
            tree.UnionWith(children.Select(child => child.Id));
        }

        return all.Where(process => tree.Contains(process.Id)).Aggregate(TimeSpan.Zero, (total, process) => total + process.Time);
    }

    /// <summary>Of this process's children that have exited.</summary>
    public static TimeSpan OfEndedChildren() => Time(Fields("/proc/self")!, User + 2);

    /// <summary>The fields after the name, which may contain spaces. Null for a process that has just exited.</summary>
    private static string[]? Fields(string folder)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>User and system time, which are adjacent.</summary>
    private static TimeSpan Time(string[] fields, int at) => TimeSpan.FromSeconds(
        (long.Parse(fields[at], CultureInfo.InvariantCulture) + long.Parse(fields[at + 1], CultureInfo.InvariantCulture)) / TicksASecond);
}
