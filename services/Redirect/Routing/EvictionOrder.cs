using System.Numerics;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// The eviction order of a full cache: S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: FIFO queues are all you need for cache eviction, SOSP 2023).
/// New entries enter a small queue, a tenth of the capacity. Entries used again while they pass through it are admitted to the main queue;
/// the others are evicted, and only their fingerprints are remembered: if one returns soon, it is admitted directly. In the main queue an
/// entry gets another round for each use, up to three. So codes requested once never evict those in use. Not thread-safe, except for
/// <see cref="RouteCache.Entry.Uses"/>.
/// </summary>
internal sealed class EvictionOrder
{
    public const byte MaxUses = 3;
    private const int SmallShare = 10;

    /// <summary>Uses in the small queue that admit an entry to the main queue.</summary>
    private const int AdmittedFrom = 2;

    /// <summary>Rounds granted before an entry is evicted, used or not: bounds the cost of one insertion.</summary>
    private const int MaxRounds = 1_000;

    private readonly Ring _small;
    private readonly Ring _main;
    private readonly Action<RouteCache.Entry> _evict;

    // Fingerprint and time of evicted entries, each in a slot given by its hash; a newer one replaces an older one.
    private readonly ulong[] _evicted;
    private uint _evictions;

    public EvictionOrder(int capacity, Action<RouteCache.Entry> evict)
    {
        _small = new Ring(capacity / SmallShare);
        _main = new Ring(capacity - (capacity / SmallShare));
        _evicted = new ulong[BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _evict = evict;
    }

    public void Add(RouteCache.Entry entry)
    {
        if (WasEvictedRecently(entry))
        {
            AddToMain(entry);
            return;
        }

        if (_small.IsFull && _small.Take() is { } oldest)
        {
            // While the main queue has room, every entry is admitted.
            if (oldest.Uses >= AdmittedFrom || !_main.IsFull)
            {
                oldest.Uses = 0;
                AddToMain(oldest);
            }
            else
            {
                Evict(oldest);
            }
        }

        entry.IsInMain = false;
        entry.Slot = _small.Put(entry);
    }

    /// <summary>Replaces an entry with a newer state of the same short URL.</summary>
    public void Replace(RouteCache.Entry existing, RouteCache.Entry entry)
    {
        entry.IsInMain = existing.IsInMain;
        entry.Slot = existing.Slot;
        RingOf(existing).Set(existing.Slot, entry);
    }

    /// <summary>Removes an entry. Its slot stays empty until it reaches the end of the queue.</summary>
    public void Remove(RouteCache.Entry entry) => RingOf(entry).Set(entry.Slot, null);

    private Ring RingOf(RouteCache.Entry entry) => entry.IsInMain ? _main : _small;

    private void AddToMain(RouteCache.Entry entry)
    {
        for (var rounds = 0; _main.IsFull; rounds++)
        {
            if (_main.Take() is not { } oldest)
            {
                break;
            }

            if (oldest.Uses == 0 || rounds == MaxRounds)
            {
                Evict(oldest);
                break;
            }

            oldest.Uses--;
            oldest.Slot = _main.Put(oldest);
        }

        entry.IsInMain = true;
        entry.Slot = _main.Put(entry);
    }

    private void Evict(RouteCache.Entry entry)
    {
        _evictions++;
        _evicted[SlotOf(entry)] = ((ulong)(uint)entry.Fingerprint << 32) | _evictions;
        _evict(entry);
    }

    /// <summary>Within as many evictions as the main queue has slots.</summary>
    private bool WasEvictedRecently(RouteCache.Entry entry)
    {
        var evicted = _evicted[SlotOf(entry)];
        return (int)(evicted >> 32) == entry.Fingerprint && evicted != 0 && _evictions - (uint)evicted < (uint)_main.Capacity;
    }

    private int SlotOf(RouteCache.Entry entry) => entry.Fingerprint & (_evicted.Length - 1);

    /// <summary>A queue of fixed capacity.</summary>
    private sealed class Ring(int capacity)
    {
        private readonly RouteCache.Entry?[] _slots = new RouteCache.Entry?[capacity];
        private int _first;
        private int _count;

        public int Capacity => _slots.Length;

        public bool IsFull => _count == _slots.Length;

        /// <returns>The slot.</returns>
        public int Put(RouteCache.Entry entry)
        {
            var slot = (int)(((uint)_first + (uint)_count) % (uint)_slots.Length);
            _slots[slot] = entry;
            _count++;
            return slot;
        }

        /// <returns>Null for an empty slot.</returns>
        public RouteCache.Entry? Take()
        {
            var entry = _slots[_first];
            _slots[_first] = null;
            _first = _first + 1 == _slots.Length ? 0 : _first + 1;
            _count--;
            return entry;
        }

        public void Set(int slot, RouteCache.Entry? entry) => _slots[slot] = entry;
    }
}
