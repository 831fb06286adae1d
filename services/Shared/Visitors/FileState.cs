namespace LinkShort.Visitors;

/// <summary>Identifies a version of a file. The default means that there is no file.</summary>
internal readonly record struct FileState(bool Exists, long Length, DateTime WrittenAt)
{
    public static FileState Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileState(true, file.Length, file.LastWriteTimeUtc) : default;
    }
}
