using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Blocklist;

/// <summary>
/// The hash prefixes of one list, as sorted arrays of numbers: a prefix of 4 bytes takes 4 bytes, one of up to 8 takes 8, a longer one 16
/// (16 bytes of a hash suffice: a collision is practically impossible). Immutable.
/// </summary>
public sealed class BlockedUrls
{
    public const int MinPrefixBytes = 4;

    /// <summary>Hash bytes of entries that are hosts or URLs: with 64 bits a million of them block one other URL in 10^12.</summary>
    private const int PlainEntryBytes = 8;

    private const int WidestBytes = 16;
    private const int MaxLine = 4096;
    private const int LinesPerYield = 1024;

    public static readonly BlockedUrls None = new([], 0);

    private readonly IPrefixes[] _prefixes;

    private BlockedUrls(IPrefixes[] prefixes, int count)
    {
        _prefixes = prefixes;
        Count = count;
    }

    /// <summary>Number of distinct prefixes.</summary>
    public int Count { get; }

    /// <summary>Size of the arrays.</summary>
    public long Bytes => _prefixes.Sum(prefixes => prefixes.Bytes);

    /// <summary>The probability that an expression of an unlisted URL matches: entries ÷ 2^(8 · length), summed over all lengths.</summary>
    public double FalsePositiveRate => _prefixes.Sum(prefixes => prefixes.Count / Math.Pow(2, 8 * prefixes.Length));

    /// <returns>Whether one of the URL's expressions is on the list; false for anything but an http or https URL.</returns>
    public bool Contains(string? address) => Count > 0 && CanonicalUrl.TryParse(address, out var url) && Contains(url);

    /// <inheritdoc cref="Contains(string?)"/>
    public bool Contains(CanonicalUrl url)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (Count == 0)
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (var expression in url.Expressions())
        {
            Hash(expression, hash);
            foreach (var prefixes in _prefixes)
            {
                if (prefixes.Contains(hash))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Reads a list in UTF-8 with one entry per line: a prefix of 4 to 32 bytes of an expression's SHA-256 in lower-case hex, or a host
    /// (<c>evil.example</c>, with its subdomains), or a URL (<c>evil.example/bad/</c>, with everything below it). Anything after a space is
    /// ignored, as are empty lines and lines that start with <c>#</c>.
    /// </summary>
    /// <exception cref="DamagedBlocklistException">A line is none of these, so the whole list is refused.</exception>
    public static async Task<BlockedUrls> ReadAsync(Stream source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var reader = new StreamReader(source, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, bufferSize: 64 * 1024);
        var entries = new Builder();
        for (var number = 1; ; number++)
        {
            string? line;
            try
            {
                line = await reader.ReadLineAsync(cancellationToken);
            }
            catch (DecoderFallbackException)
            {
                throw new DamagedBlocklistException(number, "it is not UTF-8 text");
            }

            if (line is null || number % LinesPerYield == 0)
            {
                // This thread may be one that reads visitors' sockets.
                await Task.Yield();
            }

            if (line is null)
            {
                return entries.Build();
            }

            if (line.Length > MaxLine)
            {
                throw new DamagedBlocklistException(number, $"it is longer than {MaxLine} characters");
            }

            if (!entries.TryAdd(line))
            {
                throw new DamagedBlocklistException(number, $"'{Shorten(line)}' is neither a hash prefix of 4 to 32 bytes in lower-case hex, nor a host, nor an http(s) address");
            }
        }
    }

    private static void Hash(string expression, Span<byte> hash)
    {
        var length = Encoding.UTF8.GetMaxByteCount(expression.Length);
        var bytes = length <= 1024 ? stackalloc byte[1024] : new byte[length];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(expression, bytes)], hash);
    }

    private static string Shorten(string line) => line.Length <= 80 ? line : line[..80] + "…";

    private interface IPrefixes
    {
        int Length { get; }

        int Count { get; }

        long Bytes { get; }

        bool Contains(ReadOnlySpan<byte> hash);
    }

    /// <param name="length">Bytes of a prefix.</param>
    private sealed class Prefixes<T>(int length, T[] sorted) : IPrefixes
        where T : unmanaged, IBinaryInteger<T>
    {
        public int Length => length;

        public int Count => sorted.Length;

        public long Bytes => (long)sorted.Length * T.Zero.GetByteCount();

        public bool Contains(ReadOnlySpan<byte> hash) => Array.BinarySearch(sorted, T.ReadBigEndian(hash[..length], isUnsigned: true)) >= 0;
    }

    private sealed class Builder
    {
        private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

        private readonly Dictionary<int, List<uint>> _short = [];
        private readonly Dictionary<int, List<ulong>> _medium = [];
        private readonly Dictionary<int, List<UInt128>> _long = [];

        public bool TryAdd(string line)
        {
            var trimmed = line.AsSpan().Trim();
            if (trimmed.IsEmpty || trimmed[0] == '#')
            {
                return true;
            }

            var end = trimmed.IndexOfAny(' ', '\t');
            var entry = end < 0 ? trimmed : trimmed[..end];
            if (IsPrefix(entry))
            {
                Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
                Convert.FromHexString(entry, bytes, out _, out var length);
                Add(bytes[..Math.Min(length, WidestBytes)]);
                return true;
            }

            // A single label is not a host; the file is probably something else.
            if (!CanonicalUrl.TryParse(entry.ToString(), out var url) || (!url.IsAddress && !IsName(url.Host)))
            {
                return false;
            }

            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            Hash(url.ToString(), hash);
            Add(hash[..PlainEntryBytes]);
            return true;
        }

        public BlockedUrls Build()
        {
            IPrefixes[] all =
            [
                .. _short.Select(pair => Sort(pair.Key, pair.Value)),
                .. _medium.Select(pair => Sort(pair.Key, pair.Value)),
                .. _long.Select(pair => Sort(pair.Key, pair.Value)),
            ];
            return all.Length == 0 ? None : new BlockedUrls(all, all.Sum(prefixes => prefixes.Count));
        }

        private static Prefixes<T> Sort<T>(int length, List<T> values) where T : unmanaged, IBinaryInteger<T>
        {
            values.Sort();
            var kept = new List<T>(values.Count);
            foreach (var value in values)
            {
                if (kept.Count == 0 || kept[^1] != value)
                {
                    kept.Add(value);
                }
            }

            return new Prefixes<T>(length, [.. kept]);
        }

        private static bool IsPrefix(ReadOnlySpan<char> entry) =>
            entry.Length is >= 2 * MinPrefixBytes and <= 2 * SHA256.HashSizeInBytes && entry.Length % 2 == 0
            && !entry.ContainsAnyExcept(LowerHex);

        private static bool IsName(string host) =>
            host.Contains('.', StringComparison.Ordinal) && host.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');

        private void Add(ReadOnlySpan<byte> prefix)
        {
            switch (prefix.Length)
            {
                case <= 4:
                    Add(_short, prefix);
                    break;
                case <= 8:
                    Add(_medium, prefix);
                    break;
                default:
                    Add(_long, prefix);
                    break;
            }
        }

        private static void Add<T>(Dictionary<int, List<T>> byLength, ReadOnlySpan<byte> prefix) where T : IBinaryInteger<T>
        {
            if (!byLength.TryGetValue(prefix.Length, out var values))
            {
                byLength[prefix.Length] = values = [];
            }

            values.Add(T.ReadBigEndian(prefix, isUnsigned: true));
        }
    }
}

/// <summary>A block list with an invalid line.</summary>
public sealed class DamagedBlocklistException(int line, string reason)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"line {line}: {reason}"));
