namespace LinkShort.Hosting.Engine;

internal static class DiskFull
{
    private const int NoSpaceLeft = 28; // ENOSPC
    private const long NeededBytes = 300L * 1024 * 1024;

    /// <summary>What to do, when the disk was what failed.</summary>
    public static string? Explain(Exception failure, string directory) =>
        failure is IOException && (failure.HResult & 0xFFFF) == NoSpaceLeft ? Message(directory, "has no space left") : null;

    /// <summary>What to do, when there is too little space to start with: PostgreSQL's and RabbitMQ's first files alone take 100 MB.</summary>
    public static string? Check(string directory)
    {
        var free = new DriveInfo(directory).AvailableFreeSpace;
        return free < NeededBytes
            ? Message(directory, FormattableString.Invariant($"has only {free / (1024 * 1024)} MB free, LinkShort needs {NeededBytes / (1024 * 1024)} MB"))
            : null;
    }

    private static string Message(string directory, string state) => $"The disk of {directory} {state}: free some, or choose another folder with LINKSHORT_DATA.";
}
