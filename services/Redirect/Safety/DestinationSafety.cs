using LinkShort.Blocklist;
using LinkShort.Contracts;

namespace LinkShort.Redirect.Safety;

/// <summary>Why visitors are not redirected.</summary>
public enum Objection
{
    None,

    /// <summary>An operator suspended the link, its workspace or the destination's host.</summary>
    Suspended,

    /// <summary>The destination is on the block list.</summary>
    Blocked,
}

/// <summary>
/// Whether visitors may be redirected to a link's destinations. Checked once per cached link and version of block list and suspensions, not
/// per visit: the verdict is stored on the <see cref="Route"/>, with the version.
/// </summary>
public sealed class DestinationSafety
{
    // The two low bits of a stamp are the verdict, the other bits the version.
    private const int Clear = 0;
    private const int Suspended = 1;
    private const int Blocked = 2;

    /// <summary>The link's own destination is clear but another one isn't, so each is checked when it is chosen.</summary>
    private const int Mixed = 3;
    private const int NextVersion = 4;

    private readonly CurrentBlocklist _blocklist;
    private readonly Suspensions _suspensions;
    private int _version = NextVersion;

    public DestinationSafety(CurrentBlocklist blocklist, Suspensions suspensions)
    {
        _blocklist = blocklist;
        _suspensions = suspensions;
        blocklist.Changed += (_, _) => Interlocked.Add(ref _version, NextVersion);
        suspensions.Changed += (_, _) => Interlocked.Add(ref _version, NextVersion);
    }

    /// <summary>No objection to the link or any of its destinations: one comparison for a link that was checked before.</summary>
    public bool IsClear(Route route)
    {
        return route.SafetyStamp == Volatile.Read(ref _version) || Verdict(route) == Clear;
    }

    /// <summary>The objection to the link, its workspace or its own destination.</summary>
    public Objection Of(Route route)
    {
        return Verdict(route) switch
        {
            Suspended => Objection.Suspended,
            Blocked => Objection.Blocked,
            _ => Objection.None,
        };
    }

    /// <summary>The objection to a destination. Needed for a chosen one only if the link isn't <see cref="IsClear"/>.</summary>
    public Objection Of(string destination)
    {
        var urls = _blocklist.Urls;
        if ((urls.Count == 0 && !_suspensions.HasHosts) || !CanonicalUrl.TryParse(destination, out var url))
        {
            return Objection.None;
        }

        return _suspensions.HasHost(url) ? Objection.Suspended
            : urls.Contains(url) ? Objection.Blocked
            : Objection.None;
    }

    private int Verdict(Route route)
    {
        // Read first: a concurrent change makes the verdict outdated, not wrong.
        var version = Volatile.Read(ref _version);
        var stamp = route.SafetyStamp;
        if ((stamp & ~Mixed) == version)
        {
            return stamp & Mixed;
        }

        var verdict = Check(route);
        route.SafetyStamp = version | verdict;
        return verdict;
    }

    private int Check(Route route)
    {
        if (_suspensions.HasLink(route.LinkId) || _suspensions.HasWorkspace(route.WorkspaceId))
        {
            return Suspended;
        }

        return Of(route.Destination) switch
        {
            Objection.Suspended => Suspended,
            Objection.Blocked => Blocked,
            _ => OtherDestinations(route.Behavior).Any(destination => Of(destination) != Objection.None) ? Mixed : Clear,
        };
    }

    private static IEnumerable<string> OtherDestinations(LinkBehavior? behavior) => behavior is null
        ? []
        : new[] { behavior.ExpiredUrl, behavior.DeepLinks?.Ios, behavior.DeepLinks?.Android }
            .Concat((behavior.Rules ?? []).Select(rule => rule.Url))
            .Concat((behavior.Variants ?? []).Select(variant => variant.Url))
            .OfType<string>();
}
