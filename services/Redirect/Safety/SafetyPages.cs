using System.Globalization;
using LinkShort.Blocklist;
using LinkShort.Contracts;
using LinkShort.Redirect.Answers;
using LinkShort.Redirect.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Safety;

/// <summary>The pages for visitors who are not redirected for safety. They are not clicks, because no destination was reached.</summary>
public static class SafetyPages
{
    private static readonly Pages.Page Suspended = new(
        Problems.LinkSuspended, "This short link has been suspended", "An operator has suspended it, so it doesn't lead anywhere at the moment.");

    private static readonly Pages.Page Limited = new(
        Problems.RateLimited, "Too many requests for unknown links", "Your network has requested many short links that don't exist. Existing links keep working.");

    /// <param name="destination">The destination. Only its host is shown, in plain text.</param>
    public static Task WriteAsync(HttpContext context, Objection objection, string destination, RedirectTelemetry telemetry)
    {
        telemetry.Answered(objection == Objection.Suspended ? Outcome.Suspended : Outcome.Blocked);
        return Pages.WriteAsync(context, objection == Objection.Suspended ? Suspended : Blocked(destination));
    }

    /// <param name="seconds">Until the address may request unknown codes again.</param>
    public static Task WriteLimitedAsync(HttpContext context, int seconds, RedirectTelemetry telemetry)
    {
        telemetry.Answered(Outcome.Limited);
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Pages.WriteAsync(context, Limited);
    }

    /// <summary>The same on the fast path.</summary>
    internal static Task WriteLimitedAsync(IFeatureCollection features, IHttpRequestFeature request, int seconds, RedirectTelemetry telemetry)
    {
        telemetry.Answered(Outcome.Limited);
        features.GetRequiredFeature<IHttpResponseFeature>().Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Pages.WriteAsync(features, request, Limited);
    }

    private static Pages.Page Blocked(string destination)
    {
        // Only characters of a host are shown, so they can't be markup.
        var host = CanonicalUrl.TryParse(destination, out var url) && url.Host.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' or ':' or '[' or ']')
            ? url.Host
            : "another site";
        return new Pages.Page(
            Problems.DestinationBlocked, "This link leads to a dangerous site",
            $"It leads to {host}, which is on a list of sites that steal passwords, spread malware or deceive people. You were not redirected.");
    }
}
