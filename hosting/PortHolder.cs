using System.Globalization;

namespace LinkShort.Hosting;

/// <summary>Finds the process that listens on a port, if this user may see it (proc(5): net/tcp has the socket's inode, fd/ its holder).</summary>
internal static class PortHolder
{
    private const string Listening = "0A";

    /// <returns>Such as "nginx, process 812"; null if it can't be found.</returns>
    public static string? Find(int port)
    {
        try
        {
            var inodes = Inodes("/proc/net/tcp", port).Concat(Inodes("/proc/net/tcp6", port)).Select(inode => $"socket:[{inode}]").ToHashSet();
            return inodes.Count == 0 ? null : Directory.EnumerateDirectories("/proc")
                .Where(directory => int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                .Where(directory => Holds(directory, inodes))
                .Select(directory => $"{File.ReadAllText(Path.Combine(directory, "comm")).Trim()}, process {Path.GetFileName(directory)}")
                .FirstOrDefault();
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Inodes(string table, int port)
    {
        if (!File.Exists(table))
        {
            yield break;
        }

        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == Listening && fields[1].EndsWith(suffix, StringComparison.Ordinal))
            {
                yield return fields[9];
            }
        }
    }

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(process, "fd")).Any(file =>
                File.ResolveLinkTarget(file, returnFinalTarget: false) is { } target
                && sockets.Any(socket => target.FullName.EndsWith(socket, StringComparison.Ordinal)));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return false; // It exited, or belongs to another user.
        }
    }
}
