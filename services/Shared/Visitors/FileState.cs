namespace LinkShort.Visitors;

/// <summary>What tells a file from the one that was there before. The default is none.</summary>
internal readonly record struct FileState(bool Exists, long Length, DateTime WrittenAt)
{
    public static FileState Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileState(true, file.Length, file.LastWriteTimeUtc) : default;
    }
}
