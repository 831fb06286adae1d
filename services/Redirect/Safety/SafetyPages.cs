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
    private static readonly Page Suspended = new(Problems.LinkSuspended, "safety.suspended", "safety.suspendedText");

    private static readonly Page Limited = new(Problems.RateLimited, "safety.limited", "safety.limitedText");

    private static readonly Page BlockedElsewhere = new(Problems.DestinationBlocked, "safety.blocked", "safety.blockedElsewhereText");

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

    private static Page Blocked(string destination) =>
        // Only characters of a host are shown, so they can't be markup.
        CanonicalUrl.TryParse(destination, out var url) && url.Host.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' or ':' or '[' or ']')
            ? new Page(Problems.DestinationBlocked, "safety.blocked", "safety.blockedText", ("host", url.Host))
            : BlockedElsewhere;
}
