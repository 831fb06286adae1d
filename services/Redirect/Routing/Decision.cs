namespace LinkShort.Redirect.Routing;

public enum Outcome
{
    Redirect,

    /// <summary>No such link, or one that isn't active yet: 404.</summary>
    NotFound,

    /// <summary>Archived: 410.</summary>
    Gone,

    /// <summary>Suspended by an operator: 403.</summary>
    Suspended,

    /// <summary>Its destination is on the block list: 403.</summary>
    Blocked,

    /// <summary>Too many unknown codes from one address: 429.</summary>
    Limited,

    /// <summary>Expired, or its click limit is reached: 410, or a redirect to the owner's URL for expired links.</summary>
    Expired,

    /// <summary>A page instead of a redirect: the password form, the Open Graph page, or where the link leads.</summary>
    Page,

    /// <summary>Too many wrong passwords: 429.</summary>
    Throttled,

    /// <summary>The stores that could answer are unreachable: 503.</summary>
    Unavailable,
}

/// <summary>Decides what a link answers at a point in time, independent of HTTP.</summary>
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
