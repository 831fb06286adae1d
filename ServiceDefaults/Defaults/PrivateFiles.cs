namespace LinkShort.ServiceDefaults;

/// <summary>Files (0600) and folders (0700) that no other user of the machine can read.</summary>
public static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>For a file that is private from its first byte on.</summary>
    public static FileStreamOptions Options(FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }

    /// <summary>Creates the folder if it doesn't exist. One that an older version created may have wider permissions, so they are set in any case.</summary>
    public static void CreateDirectory(string folder)
    {
        Directory.CreateDirectory(folder);
        const UnixFileMode mode = OwnerOnly | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows() || File.GetUnixFileMode(folder) == mode)
        {
            return;
        }

        try
        {
            File.SetUnixFileMode(folder, mode);
        }
        catch (UnauthorizedAccessException)
        {
            // Another user's folder, who decides which others may use it: a mounted volume, for example.
        }
    }
}
