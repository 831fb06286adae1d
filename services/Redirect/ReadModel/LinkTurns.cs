namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// The order in which this replica handles received events of links. The events of a link are handled one at a time, and each workspace takes
/// a few of the places, so that a burst of one workspace doesn't delay the changes of others. An event of a link whose newer event waits as well
/// is skipped, because each event has the link's whole state.
/// </summary>
public sealed class LinkTurns : IDisposable
{
    /// <summary>Events that are received before the first is handled: bursts up to this size delay no other workspace.</summary>
    public const int MaxWaiting = 500;

    /// <summary>Each takes a connection of PostgreSQL.</summary>
    private const int Places = 16;
    private const int PlacesPerWorkspace = 4;

    private readonly SemaphoreSlim _places = new(Places);
    private readonly Gates _workspaces = new(PlacesPerWorkspace);
    private readonly Gates _links = new(1);

    /// <summary>The newest waiting event of each link.</summary>
    private readonly Dictionary<Guid, Turn> _newest = [];
    private readonly Lock _lock = new();

    /// <param name="handle">Called with true if older events of the link were skipped for this one.</param>
    public async Task RunAsync(Guid workspaceId, Guid linkId, long version, Func<bool, Task> handle, CancellationToken cancellationToken)
    {
        var turn = Enter(linkId, version);
        try
        {
            using var link = await _links.EnterAsync(linkId, cancellationToken);
            using var workspace = await _workspaces.EnterAsync(workspaceId, cancellationToken);
            await _places.WaitAsync(cancellationToken);
            try
            {
                if (TryStart(linkId, turn))
                {
                    await handle(turn.HasSkipped);
                }
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            TryStart(linkId, turn);
        }
    }

    public void Dispose() => _places.Dispose();

    private Turn Enter(Guid linkId, long version)
    {
        var turn = new Turn(version);
        lock (_lock)
        {
            if (!_newest.TryGetValue(linkId, out var newest) || newest.Version < version)
            {
                _newest[linkId] = turn;
            }
        }

        return turn;
    }

    /// <returns>False if a newer event of the link is waiting.</returns>
    private bool TryStart(Guid linkId, Turn turn)
    {
        lock (_lock)
        {
            if (!_newest.TryGetValue(linkId, out var newest))
            {
                return true;
            }

            if (newest.Version > turn.Version)
            {
                newest.HasSkipped = true;
                return false;
            }

            if (newest == turn)
            {
                _newest.Remove(linkId);
            }

            return true;
        }
    }

    private sealed class Turn(long version)
    {
        public long Version { get; } = version;

        public bool HasSkipped { get; set; }
    }

    /// <summary>A semaphore per key, as long as anybody uses it.</summary>
    private sealed class Gates(int limit)
    {
        private readonly Dictionary<Guid, Gate> _gates = [];

        public async Task<IDisposable> EnterAsync(Guid key, CancellationToken cancellationToken)
        {
            Gate? gate;
            lock (_gates)
            {
                if (!_gates.TryGetValue(key, out gate))
                {
                    _gates[key] = gate = new Gate(limit);
                }

                gate.Users++;
            }

            try
            {
                await gate.Semaphore.WaitAsync(cancellationToken);
            }
            catch
            {
                Leave(key, gate);
                throw;
            }

            return new Place(this, key, gate);
        }

        private void Leave(Guid key, Gate gate)
        {
            lock (_gates)
            {
                if (--gate.Users == 0)
                {
                    _gates.Remove(key);
                    gate.Semaphore.Dispose();
                }
            }
        }

        private sealed class Place(Gates gates, Guid key, Gate gate) : IDisposable
        {
            public void Dispose()
            {
                gate.Semaphore.Release();
                gates.Leave(key, gate);
            }
        }
    }

    private sealed class Gate(int limit)
    {
        public SemaphoreSlim Semaphore { get; } = new(limit);

        public int Users { get; set; }
    }
}
