using System.Numerics;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// The links and unknown codes in memory. Both are bounded separately, so that a scan of random codes doesn't evict links;
/// <see cref="EvictionOrder"/> selects what is evicted. An older revision never replaces a newer one. Expired entries stay until they are
/// evicted: while every store is unavailable, an old answer is better than none. Readers take no lock: entries of the hash chains never change,
/// and one writer at a time replaces them.
/// </summary>
public sealed class RouteCache
{
    /// <summary>How long a link is used without another lookup. Changes arrive by message within a second.</summary>
    private static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(5);

    /// <summary>How long an unknown code is remembered as unknown, for times when there are too many to look up again.</summary>
    private static readonly TimeSpan UnknownCodeLifetime = TimeSpan.FromSeconds(10);

    private readonly Entry?[] _buckets;
    private readonly int _mask;
    private readonly EvictionOrder _links;
    private readonly EvictionOrder _unknown;
    private readonly Lock _writing = new();
    private readonly TimeProvider _time;
    private readonly long _lifetime;
    private readonly long _negativeLifetime;
    private int _count;
    private int _generation;

    public RouteCache(IOptions<RedirectOptions> options, TimeProvider time)
    {
        var capacity = options.Value.CacheEntries;
        _buckets = new Entry?[BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _mask = _buckets.Length - 1;
        _links = new EvictionOrder(capacity, Remove);
        _unknown = new EvictionOrder(capacity, Remove);
        _time = time;
        _lifetime = Ticks(LinkLifetime);
        _negativeLifetime = Ticks(UnknownCodeLifetime);
        long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
    }

    public int Count => Volatile.Read(ref _count);

    /// <summary>Counts the calls of <see cref="DistrustAll"/>.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <param name="hash"><see cref="CodeHash"/> of the key.</param>
    /// <returns>False if there is no entry, or it has expired.</returns>
    public bool TryGet(ReadOnlySpan<char> key, ulong hash, out Route? route)
    {
        if (Find(key, hash) is { } entry && IsFresh(entry))
        {
            // Not written beyond the maximum, so that a hot entry's cache line stays shared between cores.
            if (entry.Uses < EvictionOrder.MaxUses)
            {
                entry.Uses++;
            }

            route = entry.Route;
            return true;
        }

        route = null;
        return false;
    }

    /// <inheritdoc cref="TryGet(ReadOnlySpan{char}, ulong, out Route?)"/>
    public bool TryGet(ReadOnlySpan<char> key, out Route? route) => TryGet(key, CodeHash.Of(key), out route);

    /// <summary>The last known link, however old. Used while all stores are unavailable.</summary>
    public Route? LastKnown(string key) => Find(key, CodeHash.Of(key))?.Route;

    public bool Contains(string key) => Find(key, CodeHash.Of(key)) is not null;

    /// <summary>Stores the state of a short URL, unless a newer one is known.</summary>
    /// <param name="generation"><see cref="Generation"/> from before the state was read; the entry is stale if it has changed since.</param>
    /// <returns>The newest known state.</returns>
    public RouteState Set(string key, RouteState state, int generation)
    {
        var hash = CodeHash.Of(key);
        var entry = new Entry(key, hash, state, generation, _time.GetTimestamp() + (state.Route is null ? _negativeLifetime : _lifetime));
        var order = OrderOf(entry);
        lock (_writing)
        {
            if (Find(key, hash) is not { } existing)
            {
                Insert(entry);
                order.Add(entry);
                return state;
            }

            if (existing.Revision > state.Revision && IsFresh(existing))
            {
                return new RouteState(existing.Route, existing.Revision);
            }

            if (OrderOf(existing) == order)
            {
                entry.Uses = existing.Uses;
                order.Replace(existing, entry);
                Replace(existing, entry);
            }
            else
            {
                OrderOf(existing).Remove(existing);
                Replace(existing, entry);
                order.Add(entry);
            }

            return state;
        }
    }

    /// <summary>Invalidates every entry, because messages may have been missed.</summary>
    public void DistrustAll() => Interlocked.Increment(ref _generation);

    private bool IsFresh(Entry entry) => entry.Generation == Volatile.Read(ref _generation) && _time.GetTimestamp() < entry.Expires;

    private EvictionOrder OrderOf(Entry entry) => entry.Route is null ? _unknown : _links;

    private Entry? Find(ReadOnlySpan<char> key, ulong hash)
    {
        var entry = Volatile.Read(ref _buckets[(int)hash & _mask]);
        while (entry is not null && !(entry.Fingerprint == Entry.FingerprintOf(hash) && key.SequenceEqual(entry.Key)))
        {
            entry = entry.Next;
        }

        return entry;
    }

    private void Insert(Entry entry)
    {
        ref var bucket = ref BucketOf(entry);
        entry.Next = bucket;
        Volatile.Write(ref bucket, entry);
        Volatile.Write(ref _count, _count + 1);
    }

    private void Replace(Entry existing, Entry entry)
    {
        entry.Next = existing.Next;
        Relink(existing, entry);
    }

    private void Remove(Entry entry)
    {
        Relink(entry, entry.Next);
        Volatile.Write(ref _count, _count - 1);
    }

    /// <summary>The removed entry keeps its own link, so that a reader at this entry can continue.</summary>
    private void Relink(Entry entry, Entry? successor)
    {
        ref var bucket = ref BucketOf(entry);
        if (bucket == entry)
        {
            Volatile.Write(ref bucket, successor);
            return;
        }

        var before = bucket!;
        while (before.Next != entry)
        {
            before = before.Next!;
        }

        before.Next = successor;
    }

    private ref Entry? BucketOf(Entry entry) => ref _buckets[(int)CodeHash.Of(entry.Key) & _mask];

    /// <summary>72 bytes, plus the key.</summary>
    internal sealed class Entry(string key, ulong hash, RouteState state, int generation, long expires)
    {
        private volatile Entry? _next;

        public string Key { get; } = key;

        /// <summary>Null if no link has the code.</summary>
        public Route? Route { get; } = state.Route;

        public long Revision { get; } = state.Revision;

        /// <summary>A timestamp of the cache's clock.</summary>
        public long Expires { get; } = expires;

        public int Generation { get; } = generation;

        /// <summary>The half of the hash that doesn't select the bucket; skips most other entries of a chain without reading their keys.</summary>
        public int Fingerprint { get; } = FingerprintOf(hash);

        /// <summary>See <see cref="EvictionOrder"/>. Readers count without a lock; a lost increment does no harm.</summary>
        public byte Uses { get; set; }

        /// <summary>The queue of its <see cref="EvictionOrder"/>, and with <see cref="Slot"/> its position there.</summary>
        public bool IsInMain { get; set; }

        public int Slot { get; set; }

        public Entry? Next
        {
            get => _next;
            set => _next = value;
        }

        public static int FingerprintOf(ulong hash) => (int)(hash >> 32);
    }
}
