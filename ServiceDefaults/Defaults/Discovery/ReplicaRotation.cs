using System.Collections.Concurrent;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>
/// Rotates through a service's replicas, with those that recently couldn't be reached at the end.
/// Shared by all clients of the process, so that each learns from the failures of the others.
/// </summary>
internal sealed class ReplicaRotation(TimeProvider time)
{
    /// <summary>How long an unreachable replica is tried last. A restart takes about this long.</summary>
    internal static readonly TimeSpan Avoided = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, StrongBox> _turns = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<Uri, long> _failedAt = new();

    /// <summary>All replicas in the order in which to try them: never empty if <paramref name="replicas"/> isn't.</summary>
    public IReadOnlyList<Uri> Order(string service, IReadOnlyList<Uri> replicas)
    {
        if (replicas.Count <= 1)
        {
            return replicas;
        }

        var turn = (uint)Interlocked.Increment(ref _turns.GetOrAdd(service, _ => new StrongBox()).Value);
        var first = (int)(turn % (uint)replicas.Count);
        var ordered = new List<Uri>(replicas.Count);
        List<Uri>? avoided = null;
        for (var i = 0; i < replicas.Count; i++)
        {
            var replica = replicas[(first + i) % replicas.Count];
            if (IsAvoided(replica))
            {
                (avoided ??= []).Add(replica);
            }
            else
            {
                ordered.Add(replica);
            }
        }

        if (avoided is not null)
        {
            ordered.AddRange(avoided);
        }

        return ordered;
    }

    public void Failed(Uri replica) => _failedAt[replica] = time.GetTimestamp();

    public void Reached(Uri replica)
    {
        if (!_failedAt.IsEmpty)
        {
            _failedAt.TryRemove(replica, out _);
        }
    }

    private bool IsAvoided(Uri replica)
    {
        if (!_failedAt.TryGetValue(replica, out var failedAt))
        {
            return false;
        }

        if (time.GetElapsedTime(failedAt) < Avoided)
        {
            return true;
        }

        // Only this failure: a newer one remains.
        _failedAt.TryRemove(KeyValuePair.Create(replica, failedAt));
        return false;
    }

    private sealed class StrongBox
    {
        public int Value = -1;
    }
}
