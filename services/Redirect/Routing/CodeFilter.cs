namespace LinkShort.Redirect.Routing;

/// <summary>
/// Which codes exist, in two and a half bytes each: a split block Bloom filter (Putze, Sanders, Singler: Cache-, hash- and
/// space-efficient Bloom filters, 2007; the form of Apache Parquet's specification): a key's eight bits lie in one block of 32 bytes, so
/// that asking touches one cache line. It never denies a code that was added; at its full size it takes 1 of 2,000 others for one.
/// <para>Whoever fills it: <see cref="BeginLoad"/>, then read what is stored and <see cref="Add(ReadOnlySpan{char})"/> it, then
/// <see cref="TryFinish"/>. What changes meanwhile is added to the old and the new one. It says nothing until <see cref="Distrust"/> was
/// called (changes come through) and it was filled after that, nor after <see cref="CutOff"/> until the same has happened again.</para>
/// </summary>
public sealed class CodeFilter
{
    private const int BitsPerCode = 20;
    private const int BlockWords = 8;

    /// <summary>Codes that there is room for at least.</summary>
    private const long MinCapacity = 100_000;

    // Odd numbers that spread one half of the hash to a bit in each of the block's eight words, as in Parquet's specification.
    private static readonly uint[] Salts =
        [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

    private Blocks? _current;
    private Blocks? _loading;
    private long _epoch;
    private long _loadedEpoch = -1;
    private bool _isCutOff = true;

    /// <summary>Whether a code that is not in it can be said not to exist.</summary>
    public bool IsTrusted =>
        Volatile.Read(ref _current) is not null && Volatile.Read(ref _loadedEpoch) == Volatile.Read(ref _epoch) && !Volatile.Read(ref _isCutOff);

    /// <summary>Codes that were added, about; 0 while it isn't trusted.</summary>
    public long Count => IsTrusted ? _current!.Count : 0;

    /// <summary>Changes come through, but some didn't; or there are more codes than it was made for, so that it takes too many others for one.</summary>
    public bool NeedsLoading =>
        !Volatile.Read(ref _isCutOff) && (!IsTrusted || _current!.Count > _current.Capacity);

    /// <param name="hash"><see cref="CodeHash"/> of the key.</param>
    /// <returns>True: no link has it.</returns>
    public bool Excludes(ulong hash) => IsTrusted && !_current!.MayHave(hash);

    public void Add(ReadOnlySpan<char> key)
    {
        var hash = CodeHash.Of(key);
        // In this order: a load that ends in between has the key from here, or has become the current one.
        Volatile.Read(ref _loading)?.Add(hash);
        Volatile.Read(ref _current)?.Add(hash);
    }

    /// <param name="codes">How many are expected.</param>
    /// <returns>For <see cref="TryFinish"/>.</returns>
    public long BeginLoad(long codes)
    {
        Volatile.Write(ref _loading, new Blocks(Math.Max(MinCapacity, codes + (codes / 2))));
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _epoch);
    }

    /// <summary>While it is being loaded: what is stored.</summary>
    public void AddStored(ReadOnlySpan<char> key) => Volatile.Read(ref _loading)!.Add(CodeHash.Of(key));

    /// <returns>False when messages may have been missed since <see cref="BeginLoad"/>: it has to be done again.</returns>
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

    /// <summary>Changes may not have come through until now.</summary>
    public void Distrust()
    {
        Interlocked.Increment(ref _epoch);
        Volatile.Write(ref _isCutOff, false);
    }

    /// <summary>Changes don't come through from now on, until <see cref="Distrust"/>.</summary>
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

        /// <summary>The upper half of the hash chooses the block (Lemire's multiply-shift), the lower one the bits in it.</summary>
        private Span<uint> BlockOf(ulong hash) =>
            _words.AsSpan((int)(((hash >> 32) * _blocks) >> 32) * BlockWords, BlockWords);

        private static uint Bit(ulong hash, int word) => 1u << (int)(((uint)hash * Salts[word]) >> 27);
    }
}
