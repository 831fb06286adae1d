using System.Collections.Frozen;
using LinkShort.Blocklist;
using LinkShort.Contracts;

namespace LinkShort.Redirect.Safety;

/// <summary>All suspensions at a point in time, from links.</summary>
/// <param name="Revision">The highest of any change so far: suspensions that are neither listed nor newer are lifted.</param>
public sealed record SuspensionList(long Revision, IReadOnlyList<SuspensionChanged> Items);

/// <summary>
/// The suspensions in this process's memory. Single changes and complete lists arrive in any order and more than once; for each target the
/// highest revision counts.
/// </summary>
public sealed class Suspensions
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kind, string Target), SuspensionChanged> _known = [];
    private volatile Sets _sets = new([]);

    /// <summary>Raised after each change.</summary>
    public event EventHandler? Changed;

    public bool HasHosts => _sets.Hosts.Count > 0;

    public bool HasLink(Guid id) => _sets.Links.Count > 0 && _sets.Links.Contains(id);

    public bool HasWorkspace(Guid id) => _sets.Workspaces.Count > 0 && _sets.Workspaces.Contains(id);

    /// <summary>Whether the host or one of its parent domains is suspended.</summary>
    public bool HasHost(CanonicalUrl url)
    {
        var hosts = _sets.Hosts;
        return hosts.Count > 0 && url.HostAndParents().Any(hosts.Contains);
    }

    public void Apply(SuspensionChanged change)
    {
        lock (_gate)
        {
            if (!Take(change))
            {
                return;
            }

            _sets = new Sets(_known.Values);
        }

        Changed?.Invoke(this, EventArgs.Empty);
    }

    public void Apply(SuspensionList list)
    {
        lock (_gate)
        {
            var listed = list.Items.Select(item => (item.Kind, item.Target)).ToHashSet();
            var lifted = _known.Values
                .Where(known => known.Suspended && known.Revision <= list.Revision && !listed.Contains((known.Kind, known.Target)))
                .ToList();
            foreach (var known in lifted)
            {
                _known[(known.Kind, known.Target)] = known with { Suspended = false, Revision = list.Revision };
            }

            if (list.Items.Count(Take) + lifted.Count == 0)
            {
                return;
            }

            _sets = new Sets(_known.Values);
        }

        Changed?.Invoke(this, EventArgs.Empty);
    }

    private bool Take(SuspensionChanged change)
    {
        if (_known.TryGetValue((change.Kind, change.Target), out var known) && known.Revision >= change.Revision)
        {
            return false;
        }

        _known[(change.Kind, change.Target)] = change;
        return true;
    }

    private sealed class Sets(IReadOnlyCollection<SuspensionChanged> known)
    {
        public FrozenSet<Guid> Links { get; } = Ids(known, "link");

        public FrozenSet<Guid> Workspaces { get; } = Ids(known, "workspace");

        public FrozenSet<string> Hosts { get; } = Of(known, "host").ToFrozenSet(StringComparer.Ordinal);

        private static FrozenSet<Guid> Ids(IEnumerable<SuspensionChanged> known, string kind) =>
            Of(known, kind).Select(target => Guid.TryParse(target, out var id) ? id : Guid.Empty).ToFrozenSet();

        private static IEnumerable<string> Of(IEnumerable<SuspensionChanged> known, string kind) =>
            known.Where(change => change.Suspended && change.Kind == kind).Select(change => change.Target);
    }
}
