using System.Globalization;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>Whether a request may pass, and what is left.</summary>
/// <param name="Remaining">Requests that would still pass now.</param>
/// <param name="Reset">Until the oldest counted request leaves the window, and with it at least one more may pass.</param>
internal readonly record struct Permit(bool Granted, int Remaining, TimeSpan Reset)
{
    /// <summary>
    /// The fields of draft-ietf-httpapi-ratelimit-headers-10: <c>RateLimit-Policy: "auth";q=5;w=900</c> and
    /// <c>RateLimit: "auth";r=4;t=880</c>; <c>Retry-After</c> on a refusal names the same moment as <c>t</c>.
    /// </summary>
    public void Write(IHeaderDictionary headers, Limit limit)
    {
        // Up, never down: who waits as long as told must pass.
        var seconds = Math.Max((long)Math.Ceiling(Reset.TotalSeconds), 1);
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"{limit.Name}\";q={limit.Permits};w={(long)limit.Window.TotalSeconds}");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{limit.Name}\";r={Remaining};t={seconds}");
        if (!Granted)
        {
            headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
    }
}
