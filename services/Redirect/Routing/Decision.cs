namespace LinkShort.Redirect.Routing;

public enum Outcome
{
    Redirect,

    /// <summary>No such link, or one that isn't active yet: 404.</summary>
    NotFound,

    /// <summary>Archived: 410.</summary>
    Gone,

    /// <summary>An operator took it out of service: 403.</summary>
    Suspended,

    /// <summary>Its destination is on the block list: 403.</summary>
    Blocked,

    /// <summary>One unknown code too many from one address: 429.</summary>
    Limited,

    /// <summary>Past its time, or everybody whom it lets through was: 410, or the owner's own address for this.</summary>
    Expired,

    /// <summary>A page instead of a redirect: the form for the password, the Open Graph page, where the link leads.</summary>
    Page,

    /// <summary>Too many wrong passwords: 429.</summary>
    Throttled,

    /// <summary>Nothing that could tell is reachable: 503.</summary>
    Unavailable,
}

/// <summary>What a link answers at a moment, free of HTTP.</summary>
public static class Decision
{
    /// <summary>In the documented order: disabled → not yet active → expired → default.</summary>
    public static Outcome Decide(Route? route, DateTimeOffset now) => route switch
    {
        null => Outcome.NotFound,
        { Archived: true } => Outcome.Gone,
        _ when !route.IsActive(now) => Outcome.NotFound,
        _ when route.IsExpired(now) => Outcome.Expired,
        _ => Outcome.Redirect,
    };
}
