using System.Globalization;

namespace LinkShort.Hosting.Engine;

/// <summary>What processes and all they have started use, from proc(5).</summary>
internal sealed class ProcessSampler(TimeProvider time)
{
    // USER_HZ, a constant of Linux's interface whatever the kernel's own rate (proc(5), times(2)).
    private const double TicksPerSecond = 100;

    private Dictionary<int, long> _lastTicks = [];
    private long _lastTime = time.GetTimestamp();

    /// <summary>One pass over all processes of the machine.</summary>
    /// <param name="roots">Process ids.</param>
    /// <returns>For each root that lives: the share of one core that its tree used since the last call, and its resident bytes.</returns>
    public Dictionary<int, (double CpuCores, long MemoryBytes)> Sample(IReadOnlyCollection<int> roots)
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_lastTime, now).TotalSeconds;
        _lastTime = now;

        var processes = ReadAll();
        var children = processes.Values.ToLookup(process => process.Parent);
        var ticks = new Dictionary<int, long>();
        var samples = new Dictionary<int, (double, long)>();
        foreach (var root in roots.Where(processes.ContainsKey))
        {
            long used = 0, own = 0, shared = 0;
            foreach (var process in Tree(root, processes, children))
            {
                ticks[process.Id] = process.Ticks;
                used += process.Ticks - (_lastTicks.TryGetValue(process.Id, out var before) ? before : process.Ticks);
                var (resident, common) = ReadMemory(process.Id);
                own += resident - common;
                shared = Math.Max(shared, common); // Forked servers share their buffers: count them once.
            }

            samples[root] = (seconds > 0 ? used / TicksPerSecond / seconds : 0, own + shared);
        }

        _lastTicks = ticks;
        return samples;
    }

    private static IEnumerable<Entry> Tree(int root, Dictionary<int, Entry> processes, ILookup<int, Entry> children)
    {
        var pending = new Queue<Entry>([processes[root]]);
        while (pending.TryDequeue(out var process))
        {
            yield return process;
            foreach (var child in children[process.Id])
            {
                pending.Enqueue(child);
            }
        }
    }

    private static Dictionary<int, Entry> ReadAll()
    {
        var processes = new Dictionary<int, Entry>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Read(id) is { } process)
            {
                processes[id] = process;
            }
        }

        return processes;
    }

    private static Entry? Read(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            // The name, in parentheses, may hold anything: count fields from behind it. Field 3 is the state.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Entry(id, Parse(fields[1]), Parse(fields[11]) + Parse(fields[12]));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        static int Parse(string field) => (int)long.Parse(field, NumberStyles.Integer, CultureInfo.InvariantCulture);
    }

    private static (long Resident, long Shared) ReadMemory(int id)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{id}/statm").Split(' ');
            return (Pages(fields[1]), Pages(fields[2]));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return (0, 0);
        }

        static long Pages(string field) => long.Parse(field, NumberStyles.None, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    private readonly record struct Entry(int Id, int Parent, long Ticks);
}
