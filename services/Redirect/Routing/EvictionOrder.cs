using System.Numerics;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// Who has to leave a full cache: S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: FIFO queues are all you need for cache eviction, SOSP 2023).
/// What is new waits in a small queue, a tenth of the places. Whatever was used again while it went through it is admitted to the main
/// queue; the rest leaves, and only its fingerprint is remembered: coming back soon it is admitted at once. In the main queue what was
/// used gets another turn for each use, up to three. So codes that are asked for once never push out those that people use.
/// Not thread-safe, but for <see cref="RouteCache.Entry.Uses"/>.
/// </summary>
internal sealed class EvictionOrder
{
    public const byte MaxUses = 3;
    private const int SmallShare = 10;

    /// <summary>Uses in the small queue that open the main one.</summary>
    private const int AdmittedFrom = 2;

    /// <summary>Turns given before somebody has to go, used or not: bounds what one newcomer can cost.</summary>
    private const int MaxTurns = 1_000;

    private readonly Ring _small;
    private readonly Ring _main;
    private readonly Action<RouteCache.Entry> _evict;

    // Fingerprint and time of those that left, each on a place that its hash gives it; the newer one stays.
    private readonly ulong[] _gone;
    private uint _departures;

    public EvictionOrder(int capacity, Action<RouteCache.Entry> evict)
    {
        _small = new Ring(capacity / SmallShare);
        _main = new Ring(capacity - (capacity / SmallShare));
        _gone = new ulong[BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _evict = evict;
    }

    public void Add(RouteCache.Entry entry)
    {
        if (HasLeftLately(entry))
        {
            AddToMain(entry);
            return;
        }

        if (_small.IsFull && _small.Take() is { } oldest)
        {
            // While there is room, nobody has to earn it.
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

    /// <summary>A new state of the same address takes its place.</summary>
    public void Replace(RouteCache.Entry existing, RouteCache.Entry entry)
    {
        entry.IsInMain = existing.IsInMain;
        entry.Slot = existing.Slot;
        RingOf(existing).Set(existing.Slot, entry);
    }

    /// <summary>Leaves a gap, which closes when its turn comes.</summary>
    public void Leave(RouteCache.Entry entry) => RingOf(entry).Set(entry.Slot, null);

    private Ring RingOf(RouteCache.Entry entry) => entry.IsInMain ? _main : _small;

    private void AddToMain(RouteCache.Entry entry)
    {
        for (var turns = 0; _main.IsFull; turns++)
        {
            if (_main.Take() is not { } oldest)
            {
                break;
            }

            if (oldest.Uses == 0 || turns == MaxTurns)
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
        _departures++;
        _gone[PlaceOf(entry)] = ((ulong)(uint)entry.Fingerprint << 32) | _departures;
        _evict(entry);
    }

    /// <summary>Within as many departures as the main queue has places.</summary>
    private bool HasLeftLately(RouteCache.Entry entry)
    {
        var gone = _gone[PlaceOf(entry)];
        return (int)(gone >> 32) == entry.Fingerprint && gone != 0 && _departures - (uint)gone < (uint)_main.Capacity;
    }

    private int PlaceOf(RouteCache.Entry entry) => entry.Fingerprint & (_gone.Length - 1);

    /// <summary>A queue on a fixed number of places.</summary>
    private sealed class Ring(int capacity)
    {
        private readonly RouteCache.Entry?[] _places = new RouteCache.Entry?[capacity];
        private int _first;
        private int _count;

        public int Capacity => _places.Length;

        public bool IsFull => _count == _places.Length;

        /// <returns>The place.</returns>
        public int Put(RouteCache.Entry entry)
        {
            var place = (int)(((uint)_first + (uint)_count) % (uint)_places.Length);
            _places[place] = entry;
            _count++;
            return place;
        }

        /// <returns>Null for a gap.</returns>
        public RouteCache.Entry? Take()
        {
            var entry = _places[_first];
            _places[_first] = null;
            _first = _first + 1 == _places.Length ? 0 : _first + 1;
            _count--;
            return entry;
        }

        public void Set(int place, RouteCache.Entry? entry) => _places[place] = entry;
    }
}
