using Aspire.Hosting;

namespace LinkShort.Hosting.Engine;

/// <summary>Where the programs are that the engine runs.</summary>
internal static class Programs
{
    /// <summary>The full path of a program on PATH or in the usual system directories; null when there is none.</summary>
    public static string? Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(name) ? name : null;
        }

        var path = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
    }

    /// <exception cref="DistributedApplicationException">With the command that installs it.</exception>
    public static string Require(string name, string package) => Find(name) ?? throw Missing(name, package);

    public static DistributedApplicationException Missing(string program, string package) =>
        new($"{program} is not installed: run {(Posix.IsRoot ? "" : "sudo ")}apt-get install -y --no-install-recommends {package}");
}
