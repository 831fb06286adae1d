using System.Text;

namespace LinkShort.Hosting.Tests;

/// <summary>Finds processes that refer to a data folder in their command line, environment or working directory.</summary>
internal static class Leftovers
{
    public static IReadOnlyList<string> Of(string dataDirectory)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(directory => int.TryParse(Path.GetFileName(directory), out var id) && id != Environment.ProcessId))
        {
            try
            {
                var command = Text(Path.Combine(process, "cmdline"));
                var place = new DirectoryInfo(Path.Combine(process, "cwd")).LinkTarget ?? "";
                if (command.Contains(dataDirectory, StringComparison.Ordinal)
                    || place.StartsWith(dataDirectory, StringComparison.Ordinal)
                    || Text(Path.Combine(process, "environ")).Contains(dataDirectory, StringComparison.Ordinal))
                {
                    found.Add($"{Path.GetFileName(process)} {command}");
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It exited in between.
            }
        }

        return found;
    }

    /// <summary>Waits until there are none.</summary>
    public static async Task AreGoneAsync(string dataDirectory, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        var left = Of(dataDirectory);
        while (left.Count > 0)
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"After {within.TotalSeconds} s these are still there:\n{string.Join('\n', left)}");
            }

            await Task.Delay(100);
            left = Of(dataDirectory);
        }
    }

    private static string Text(string file) => Encoding.UTF8.GetString(File.ReadAllBytes(file)).Replace('\0', ' ');
}
