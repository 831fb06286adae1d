using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// What this process knows of short addresses: links, and codes that don't exist. Bounded separately, so that a scan of random codes
/// doesn't push links out; the oldest entry that wasn't used since its last turn goes first (second-chance FIFO). A newer revision is
/// never replaced by an older one. Entries past their time stay until they are pushed out: with every store behind away, an old
/// answer is better than none.
/// </summary>
public sealed class RouteCache
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly ConcurrentQueue<Entry> _links = new();
    private readonly ConcurrentQueue<Entry> _unknown = new();
    private readonly TimeProvider _time;
    private readonly int _capacity;
    private readonly long _lifetime;
    private readonly long _negativeLifetime;
    private int _generation;

    public RouteCache(IOptions<RedirectOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _bySpan = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
        _time = time;
        _capacity = options.Value.CacheEntries;
        _lifetime = Ticks(options.Value.CacheLifetime);
        _negativeLifetime = Ticks(options.Value.NegativeLifetime);
        long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
    }

    public int Count => _entries.Count;

    /// <returns>False when nothing is known, or it is too old to be believed.</returns>
    public bool TryGet(ReadOnlySpan<char> key, out Route? route)
    {
        if (_bySpan.TryGetValue(key, out var entry) && IsFresh(entry))
        {
            // Written only once per turn: a hot entry's cache line stays shared between cores.
            if (!entry.Used)
            {
                entry.Used = true;
            }

            route = entry.State.Route;
            return true;
        }

        route = null;
        return false;
    }

    /// <summary>A link as it was last known, however long ago. For when nothing else can tell.</summary>
    public Route? LastKnown(string key) => _entries.TryGetValue(key, out var entry) ? entry.State.Route : null;

    public bool Contains(string key) => _entries.ContainsKey(key);

    /// <summary>Counts the calls of <see cref="DistrustAll"/>.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Remembers what an address leads to, unless something newer is known.</summary>
    /// <param name="generation"><see cref="Generation"/> from before the state was read: it may be too old to be believed already.</param>
    /// <returns>The newest that is known.</returns>
    public RouteState Set(string key, RouteState state, int generation)
    {
        var entry = new Entry(key, state, generation, _time.GetTimestamp() + (state.Route is null ? _negativeLifetime : _lifetime));
        while (true)
        {
            if (_entries.TryGetValue(key, out var existing))
            {
                if (existing.State.Revision > state.Revision && IsFresh(existing))
                {
                    return existing.State;
                }

                if (_entries.TryUpdate(key, entry, existing))
                {
                    break;
                }
            }
            else if (_entries.TryAdd(key, entry))
            {
                break;
            }
        }

        var queue = state.Route is null ? _unknown : _links;
        queue.Enqueue(entry);
        Shrink(queue);
        return state;
    }

    /// <summary>Asks again for everything: messages may have been missed.</summary>
    public void DistrustAll() => Interlocked.Increment(ref _generation);

    private bool IsFresh(Entry entry) => entry.Generation == _generation && _time.GetTimestamp() < entry.Expires;

    private void Shrink(ConcurrentQueue<Entry> queue)
    {
        // Bounded: each turn takes one out for good or clears one mark, so after one round of marks something goes.
        for (var turns = 0; queue.Count > _capacity && turns <= 2 * _capacity && queue.TryDequeue(out var entry); turns++)
        {
            if (entry.Used && _entries.TryGetValue(entry.Key, out var current) && ReferenceEquals(current, entry))
            {
                entry.Used = false;
                queue.Enqueue(entry);
            }
            else
            {
                // Only this very entry: a newer one under the same key has its own place in a queue.
                _entries.TryRemove(new KeyValuePair<string, Entry>(entry.Key, entry));
            }
        }
    }

    private sealed class Entry(string key, RouteState state, int generation, long expires)
    {
        public string Key { get; } = key;

        public RouteState State { get; } = state;

        public int Generation { get; } = generation;

        public long Expires { get; } = expires;

        public bool Used { get; set; }
    }
}
