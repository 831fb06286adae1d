using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Identity.Accounts.BreachedPasswords;

/// <summary>
/// SHA-1 hashes in a sorted text file: per line 40 upper-case hex digits, optionally a colon and a count. The file is memory-mapped and
/// searched in place, with about 30 reads for all of Have I Been Pwned (40 GB).
/// </summary>
public sealed class SortedHashFile : IDisposable
{
    private const int HashLength = 40;

    /// <summary>Hash, colon, count and line break.</summary>
    private const int LongestLine = 64;

    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789ABCDEF");

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _length;

    public SortedHashFile(string path)
    {
        _length = new FileInfo(path).Length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    /// <returns>What is wrong with the file and how to fix it; null if its first lines are valid.</returns>
    public static string? Problem(string path)
    {
        try
        {
            var lines = File.ReadLines(path).Take(2).ToArray();
            return lines.Length == 0 || !lines.All(IsLine) || (lines.Length == 2 && string.CompareOrdinal(lines[0], lines[1]) > 0)
                ? $"'{path}' is not a sorted list of SHA-1 hashes. Write one hash per line in upper-case hex, as Have I Been Pwned's downloader does, and sort the file with LC_ALL=C sort."
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"'{path}' can't be read ({exception.Message}). Set it to a file that this process can read, or leave it empty.";
        }
    }

    public bool Contains(string password)
    {
#pragma warning disable CA5350 // The format of the list. The hash protects nothing, as the passwords are public.
        var wanted = Encoding.ASCII.GetBytes(Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password))));
#pragma warning restore CA5350
        var buffer = new byte[LongestLine * 2];
        var (low, high) = (0L, _length);
        while (low < high)
        {
            // The line that contains the middle starts after the previous line break.
            var middle = low + ((high - low) / 2);
            var from = Math.Max(low, middle - LongestLine);
            var read = _view.ReadArray(from, buffer, 0, (int)Math.Min(buffer.Length, _length - from));
            var text = buffer.AsSpan(0, read);
            var inText = (int)(middle - from);
            var start = text[..inText].LastIndexOf((byte)'\n') + 1;
            var end = text[inText..].IndexOf((byte)'\n') is var next and >= 0 ? inText + next + 1 : read;
            var order = text.Slice(start, Math.Min(HashLength, end - start)).SequenceCompareTo(wanted);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (from + end, high) : (low, from + start);
        }

        return false;
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static bool IsLine(string line) =>
        line.Length is >= HashLength and < LongestLine
        && line.AsSpan(0, HashLength).IndexOfAnyExcept(Hex) < 0
        && (line.Length == HashLength || line[HashLength] == ':');
}
