namespace LinkShort.Redirect.Routing;

/// <summary>
/// Which codes exist, in two and a half bytes each: a split block Bloom filter (Putze, Sanders, Singler: Cache-, hash- and
/// space-efficient Bloom filters, 2007; the form of Apache Parquet's specification). A key's eight bits lie in one block of 32 bytes, so
/// a lookup touches one cache line. The filter never excludes a code that was added; at full size it fails to exclude 1 of 2,000 others.
/// <para>To fill it, call <see cref="BeginLoad"/>, <see cref="AddStored"/> for each stored code, and <see cref="TryFinish"/>. Codes that
/// are added meanwhile go into the current and the new filter. It excludes nothing until <see cref="Distrust"/> was called (messages
/// arrive) and it was filled after that, and nothing after <see cref="CutOff"/> until both have happened again.</para>
/// </summary>
public sealed class CodeFilter
{
    private const int BitsPerCode = 20;
    private const int BlockWords = 8;

    /// <summary>Smallest capacity, in codes.</summary>
    private const long MinCapacity = 100_000;

    // Odd numbers that spread one half of the hash to a bit in each of the block's eight words, as in Parquet's specification.
    private static readonly uint[] Salts =
        [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

    private Blocks? _current;
    private Blocks? _loading;
    private long _epoch;
    private long _loadedEpoch = -1;
    private bool _isCutOff = true;

    /// <summary>Whether a code that isn't in the filter does not exist.</summary>
    public bool IsTrusted =>
        Volatile.Read(ref _current) is not null && Volatile.Read(ref _loadedEpoch) == Volatile.Read(ref _epoch) && !Volatile.Read(ref _isCutOff);

    /// <summary>Approximate number of codes added; 0 while the filter isn't trusted.</summary>
    public long Count => IsTrusted ? _current!.Count : 0;

    /// <summary>Messages arrive but some may have been missed, or the filter holds more codes than it was sized for.</summary>
    public bool NeedsLoading =>
        !Volatile.Read(ref _isCutOff) && (!IsTrusted || _current!.Count > _current.Capacity);

    /// <param name="hash"><see cref="CodeHash"/> of the key.</param>
    /// <returns>True if no link has the code.</returns>
    public bool Excludes(ulong hash) => IsTrusted && !_current!.MayHave(hash);

    public void Add(ReadOnlySpan<char> key)
    {
        var hash = CodeHash.Of(key);
        // In this order: if a load finishes in between, its filter has the key already, or has become the current one.
        Volatile.Read(ref _loading)?.Add(hash);
        Volatile.Read(ref _current)?.Add(hash);
    }

    /// <param name="codes">The expected number of codes.</param>
    /// <returns>The epoch for <see cref="TryFinish"/>.</returns>
    public long BeginLoad(long codes)
    {
        Volatile.Write(ref _loading, new Blocks(Math.Max(MinCapacity, codes + (codes / 2))));
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _epoch);
    }

    /// <summary>Adds a stored code during a load.</summary>
    public void AddStored(ReadOnlySpan<char> key) => Volatile.Read(ref _loading)!.Add(CodeHash.Of(key));

    /// <returns>False if messages may have been missed since <see cref="BeginLoad"/>; the load must be repeated.</returns>
    public bool TryFinish(long epoch)
    {
        if (Volatile.Read(ref _epoch) != epoch)
        {
            Volatile.Write(ref _loading, null);
            return false;
        }

        Volatile.Write(ref _current, Volatile.Read(ref _loading));
        Volatile.Write(ref _loading, null);
        Volatile.Write(ref _loadedEpoch, epoch);
        return true;
    }

    /// <summary>Messages may have been missed so far, and arrive from now on.</summary>
    public void Distrust()
    {
        Interlocked.Increment(ref _epoch);
        Volatile.Write(ref _isCutOff, false);
    }

    /// <summary>No messages arrive from now on, until <see cref="Distrust"/>.</summary>
    public void CutOff() => Volatile.Write(ref _isCutOff, true);

    private sealed class Blocks
    {
        private readonly uint[] _words;
        private readonly uint _blocks;
        private long _count;

        public Blocks(long capacity)
        {
            Capacity = capacity;
            _blocks = (uint)Math.Min(Array.MaxLength / BlockWords, (capacity * BitsPerCode / (BlockWords * 32)) + 1);
            _words = new uint[_blocks * BlockWords];
        }

        public long Capacity { get; }

        public long Count => Volatile.Read(ref _count);

        public bool MayHave(ulong hash)
        {
            var block = BlockOf(hash);
            for (var i = 0; i < block.Length; i++)
            {
                if ((Volatile.Read(ref block[i]) & Bit(hash, i)) == 0)
                {
                    return false;
                }
            }

            return true;
        }

        public void Add(ulong hash)
        {
            var block = BlockOf(hash);
            var isNew = false;
            for (var i = 0; i < block.Length; i++)
            {
                isNew |= (Interlocked.Or(ref block[i], Bit(hash, i)) & Bit(hash, i)) == 0;
            }

            if (isNew)
            {
                Interlocked.Increment(ref _count);
            }
        }

        /// <summary>The upper half of the hash selects the block (Lemire's multiply-shift), the lower half the bits in it.</summary>
        private Span<uint> BlockOf(ulong hash) =>
            _words.AsSpan((int)(((hash >> 32) * _blocks) >> 32) * BlockWords, BlockWords);

        private static uint Bit(ulong hash, int word) => 1u << (int)(((uint)hash * Salts[word]) >> 27);
    }
}
