using System.Globalization;
using LinkShort.Blocklist;
using LinkShort.Contracts;
using LinkShort.Redirect.Answers;
using LinkShort.Redirect.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Safety;

/// <summary>What visitors see instead of being led on. Not counted as a click: nobody got anywhere.</summary>
public static class SafetyPages
{
    private static readonly Pages.Page Suspended = new(
        Problems.LinkSuspended, "This short link has been suspended", "An operator has suspended it, so it doesn't lead anywhere at the moment.");

    private static readonly Pages.Page Limited = new(
        Problems.RateLimited, "Too many requests for unknown links", "Your network has requested many short links that don't exist. Existing links keep working.");

    /// <param name="destination">Where the visitor would have been led. Shown as the host alone, in plain text.</param>
    public static Task WriteAsync(HttpContext context, Objection objection, string destination, RedirectTelemetry telemetry)
    {
        ArgumentNullException.ThrowIfNull(telemetry);
        telemetry.Answered(objection == Objection.Suspended ? Outcome.Suspended : Outcome.Blocked);
        return Pages.WriteAsync(context, objection == Objection.Suspended ? Suspended : Blocked(destination));
    }

    /// <param name="seconds">Until the address may ask again.</param>
    public static Task WriteLimitedAsync(HttpContext context, int seconds, RedirectTelemetry telemetry)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(telemetry);
        telemetry.Answered(Outcome.Limited);
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Pages.WriteAsync(context, Limited);
    }

    /// <summary>The same on the straight path.</summary>
    internal static Task WriteLimitedAsync(IFeatureCollection features, IHttpRequestFeature request, int seconds, RedirectTelemetry telemetry)
    {
        telemetry.Answered(Outcome.Limited);
        features.GetRequiredFeature<IHttpResponseFeature>().Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Pages.WriteAsync(features, request, Limited);
    }

    private static Pages.Page Blocked(string destination)
    {
        // What is shown is a host and nothing else: its characters can't be markup.
        var host = CanonicalUrl.TryParse(destination, out var url) && url.Host.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' or ':' or '[' or ']')
            ? url.Host
            : "another site";
        return new Pages.Page(
            Problems.DestinationBlocked, "This link leads to a dangerous site",
            $"It leads to {host}, which is on a list of sites that steal passwords, spread malware or deceive people. You were not redirected.");
    }
}
