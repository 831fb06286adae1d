using System.Globalization;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>Whether a request is allowed, and what is left of the limit.</summary>
/// <param name="Remaining">Requests that would be allowed now.</param>
/// <param name="Reset">Time until the oldest counted request leaves the window, when at least one more is allowed.</param>
internal readonly record struct Permit(bool Granted, int Remaining, TimeSpan Reset)
{
    /// <summary>
    /// The fields of draft-ietf-httpapi-ratelimit-headers-10: <c>RateLimit-Policy: "auth";q=5;w=900</c> and
    /// <c>RateLimit: "auth";r=4;t=880</c>; <c>Retry-After</c> of a refusal equals <c>t</c>.
    /// </summary>
    public void Write(IHeaderDictionary headers, Limit limit)
    {
        // Rounded up: a client that waits as long as stated must be allowed.
        var seconds = Math.Max((long)Math.Ceiling(Reset.TotalSeconds), 1);
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"{limit.Name}\";q={limit.Permits};w={(long)limit.Window.TotalSeconds}");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{limit.Name}\";r={Remaining};t={seconds}");
        if (!Granted)
        {
            headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
    }
}
