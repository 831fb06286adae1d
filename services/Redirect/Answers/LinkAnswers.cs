using System.Globalization;
using System.Net;
using LinkShort.Redirect.Clicks;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Rules;
using LinkShort.Redirect.Safety;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Answers visitors of links that are more than a plain redirect. In the pipeline, behind <see cref="RedirectMiddleware"/>: nothing
/// here costs visitors of plain links anything.
/// </summary>
public sealed class LinkAnswers(
    ClickRecorder clicks, ClientAddress clientAddress, DailySalt salt, DestinationSafety safety, RedirectTelemetry telemetry, TimeProvider time)
{
    public Task AnswerAsync(HttpContext context, Route route)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(route);
        var now = time.GetUtcNow();
        var request = context.Request;
        var address = clientAddress.Find(request.Headers, context.Connection.RemoteIpAddress, out _);
        var visit = new Visit(request.Headers, address, QueryOf(context), HttpMethods.IsHead(request.Method), salt.At(now));
        return Write(context, route, visit, address, Evaluation.Decide(route, visit, default, now), now);
    }

    private Task Write(HttpContext context, Route route, Visit visit, IPAddress? address, Verdict verdict, DateTimeOffset now)
    {
        if (verdict.To is { } chosen && !safety.IsClear(route) && safety.Of(chosen.Url) is var objection && objection != Objection.None)
        {
            return SafetyPages.WriteAsync(context, objection, chosen.Url, telemetry);
        }

        switch (verdict)
        {
            case { Step: Step.Redirect, To: { } to }:
                telemetry.Answered(Outcome.Redirect);
                if (HttpMethods.IsGet(context.Request.Method))
                {
                    // Before the answer goes out: what a visitor has seen is counted, whatever happens next.
                    clicks.Record(context.Request.Headers, address, route, now);
                }

                SendTo(context, route.RedirectType, to.LocationWith(route.Behavior!.ForwardQuery, visit.Query), CachePolicy(route, now));
                if (route.Behavior.AllowIndexing == true)
                {
                    context.Response.Headers.Remove(RedirectHeaders.RobotsTag);
                }

                return Task.CompletedTask;

            case { Step: Step.Expired, To: { } elsewhere }:
                // Not a click: the link's own destination was not reached.
                telemetry.Answered(Outcome.Expired);
                SendTo(context, StatusCodes.Status302Found, elsewhere.Location, RedirectHeaders.NoStore!);
                return Task.CompletedTask;

            case { Step: Step.NotYet }:
                telemetry.Answered(Outcome.NotFound);
                return Pages.WriteAsync(context, Pages.NotFound);

            default:
                telemetry.Answered(verdict.Step == Step.Expired ? Outcome.Expired : Outcome.Gone);
                return Pages.WriteAsync(context, Pages.Gone);
        }
    }

    private static void SendTo(HttpContext context, int status, string location, string cachePolicy)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.Location = location;
        response.Headers.CacheControl = cachePolicy;
        response.Headers[RedirectHeaders.RobotsTag] = RedirectHeaders.NoIndex;
    }

    /// <summary>What the owner allows, but never beyond the moment at which the answer changes.</summary>
    private static string CachePolicy(Route route, DateTimeOffset now)
    {
        double seconds = route.Plan!.MayBeKept ? route.Behavior!.CacheSeconds ?? 0 : 0;
        if (route.ExpiresAt is { } expires)
        {
            seconds = Math.Min(seconds, (expires - now).TotalSeconds);
        }

        return seconds >= 1 ? string.Create(CultureInfo.InvariantCulture, $"private, max-age={(long)seconds}") : RedirectHeaders.NoStore!;
    }

    /// <summary>As it stands on the request line; the framework's own is decoded and encoded again.</summary>
    private static string QueryOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? "" : target[(mark + 1)..];
    }
}
