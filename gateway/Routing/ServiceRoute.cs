namespace LinkShort.Gateway.Routing;

/// <summary>The type of client that a route serves. Decides the headers and the form of failures.</summary>
internal enum Surface
{
    /// <summary>Programs: problem details, nothing that a browser would load or run.</summary>
    Api,

    /// <summary>Pages and their assets.</summary>
    Page,

    /// <summary>Short links, by far the most requested.</summary>
    ShortLink,
}

/// <summary>The policy that counts a request; see <see cref="RateLimiting.RateLimitOptions"/>.</summary>
internal enum LimitPolicy
{
    None,

    /// <summary>Signing in: by the account or secret in the body, and address.</summary>
    Auth,

    /// <summary>Signed-in users confirm their identity: the same permits, by user and address.</summary>
    Confirm,
    CreateLink,

    /// <summary>Changes of up to 200 links at once.</summary>
    ChangeLinks,
    ApiCall,

    /// <summary>Questions while something is typed, and QR codes: as many as other calls, counted apart, and also those of the web app.</summary>
    Lookup,
}

/// <summary>A row of <see cref="ServiceRoutes"/>.</summary>
/// <param name="Pattern">ASP.NET Core route pattern. The more literal one wins, in any order of rows.</param>
/// <param name="Service">Name of the service, as in AppHost.</param>
/// <param name="BodyLimit">Maximum size of a request body in bytes; above it, the response is 413.</param>
/// <param name="Idle">Maximum time without traffic in either direction before the response is 504.</param>
/// <param name="Methods">Empty for all.</param>
internal sealed record ServiceRoute(
    string Pattern, string Service, Surface Surface, LimitPolicy Limit, long BodyLimit, TimeSpan Idle, params string[] Methods);
