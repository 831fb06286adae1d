namespace LinkShort.Hosting;

/// <summary>Files (0600) and folders (0700) for their owner only, from the first byte on.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static FileStreamOptions Options(FileMode mode) => new() { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, UnixCreateMode = OwnerOnly };

    public static void CreateDirectory(string directory) => Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute).UnixFileMode = OwnerOnly | UnixFileMode.UserExecute;

    public static async Task WriteAsync(string path, string content, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(path, PrivateWriter);
        await writer.WriteAsync(content.AsMemory(), cancellationToken);
    }

    private static FileStreamOptions PrivateWriter => Options(FileMode.Create);
}
