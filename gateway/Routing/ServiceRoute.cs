namespace LinkShort.Gateway.Routing;

/// <summary>What kind of client an address serves: decides its headers, and how its failures look.</summary>
internal enum Surface
{
    /// <summary>Programs: problem details, nothing that a browser would load or run.</summary>
    Api,

    /// <summary>People's pages and what these load.</summary>
    Page,

    /// <summary>Followed links: the one path that millions of strangers use.</summary>
    ShortLink,
}

/// <summary>Which policy counts a request; see <see cref="RateLimiting.RateLimitOptions"/>.</summary>
internal enum LimitPolicy
{
    None,

    /// <summary>Whoever isn't signed in tries to be: by the account or secret that the body names, and address.</summary>
    Auth,

    /// <summary>Whoever is signed in proves it once more: the same permits, by user and address.</summary>
    Confirm,
    CreateLink,
    ApiCall,
}

/// <summary>One row of <see cref="RouteTable"/>.</summary>
/// <param name="Pattern">ASP.NET Core route pattern; the more literal one wins, whatever the order of rows.</param>
/// <param name="Service">Name of the service, as in AppHost.</param>
/// <param name="BodyLimit">Bytes of a request's body; more is 413.</param>
/// <param name="Idle">How long nothing may move in either direction before the answer is 504.</param>
/// <param name="Methods">Empty for all.</param>
internal sealed record ServiceRoute(
    string Pattern, string Service, Surface Surface, LimitPolicy Limit, long BodyLimit, TimeSpan Idle, params string[] Methods);
