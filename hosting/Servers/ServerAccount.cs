using Microsoft.Extensions.Logging;

namespace LinkShort.Hosting.Servers;

/// <summary>
/// The account of a Debian package, to which its server is dropped if root runs LinkShort. The server's folder belongs to it then, and is where
/// the account can reach it.
/// </summary>
internal sealed class ServerAccount(string name)
{
    private const string OutsideRoot = "/var/lib/linkshort";

    /// <summary>The prefix that makes a command run as the account; empty for users other than root, whose servers run as themselves.</summary>
    public string[] Prefix => Native.IsRoot ? [Native.Find("setpriv") ?? "setpriv", $"--reuid={name}", $"--regid={name}", "--init-groups", "--inh-caps=-all"] : [];

    /// <summary>Whether root can't run the server, because the package that makes the account is not installed.</summary>
    public bool IsMissing => Native.IsRoot && !File.ReadLines("/etc/passwd").Any(line => line.StartsWith(name + ":", StringComparison.Ordinal));

    /// <summary>
    /// The server's folder, which may not exist yet: in the data folder, or if root runs this below a directory that the account can't traverse
    /// (such as /root), under /var/lib/linkshort. <see cref="CreateAsync"/> then links to it from the data folder.
    /// </summary>
    public static string Place(Installation installation, string server)
    {
        var inside = installation.Folder(server);
        return new DirectoryInfo(inside).LinkTarget is { } elsewhere ? Path.GetFullPath(elsewhere, installation.DataDirectory)
            : !Native.IsRoot || IsPassable(installation.DataDirectory) ? inside
            : Path.Combine(OutsideRoot, installation.Record.Id, server);
    }

    /// <summary>Creates the folder, and moves there what a former version kept in the data folder.</summary>
    /// <param name="directory">As <see cref="Place"/> returned it.</param>
    public static async Task CreateAsync(Installation installation, string server, string directory, ILogger logger, CancellationToken cancellationToken)
    {
        var inside = installation.Folder(server);
        if (directory.StartsWith(OutsideRoot + "/", StringComparison.Ordinal))
        {
            for (var parent = Directory.CreateDirectory(Path.GetDirectoryName(directory)!); parent is { FullName: not "/var/lib" }; parent = parent.Parent)
            {
                // Independent of this process's umask, because the account needs access.
                parent.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            }

            if (new DirectoryInfo(inside).LinkTarget is null)
            {
                if (Directory.Exists(inside))
                {
                    // Possibly to another file system.
                    await Native.RunAsync(logger, installation.DataDirectory, Native.Find("mv") ?? "mv", ["-T", inside, directory], cancellationToken);
                }

                Directory.CreateSymbolicLink(inside, directory);
            }
        }

        PrivateFiles.CreateDirectory(directory);
    }

    /// <summary>Gives the files to the account, also those of a run before servers had accounts.</summary>
    public Task OwnAsync(Installation installation, ILogger logger, CancellationToken cancellationToken, params string[] paths) =>
        Native.IsRoot
            ? Native.RunAsync(logger, installation.DataDirectory, Native.Find("chown") ?? "chown", ["-R", "--no-dereference", name + ":", .. paths], cancellationToken)
            : Task.CompletedTask;

    private static bool IsPassable(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
        {
            if ((current.UnixFileMode & UnixFileMode.OtherExecute) == 0)
            {
                return false;
            }
        }

        return true;
    }
}
