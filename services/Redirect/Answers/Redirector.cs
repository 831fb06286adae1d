using LinkShort.Redirect.Clicks;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Safety;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Sends a visitor on. Works on the server's features, so that the straight path (<see cref="RedirectServer"/>) and the pipeline
/// (<see cref="RedirectMiddleware"/>) do the very same.
/// </summary>
public sealed class Redirector(
    RouteTable routes, DestinationSafety safety, ClickRecorder clicks, ClientAddress address, RedirectTelemetry telemetry, TimeProvider time)
{
    /// <returns>The link to redirect to, if memory has it and it redirects now; otherwise null, and nothing has happened.</returns>
    public Route? Match(IHttpRequestFeature request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return IsFollowing(request.Method)
            && CodePath.Parse(request.RawTarget, out var code) == CodePath.Parsed.Code
            && routes.TryFind(code, out var route)
            && route?.Behavior is null
            && Decision.Decide(route, time.GetUtcNow()) == Outcome.Redirect
            && safety.IsClear(route!)
                ? route
                : null;
    }

    /// <summary>Counts the visit and answers it.</summary>
    public void Send(IFeatureCollection features, IHttpRequestFeature request, Route route)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(route);
        telemetry.Answered(Outcome.Redirect);
        if (HttpMethods.IsGet(request.Method))
        {
            // Before the answer goes out: what a visitor has seen is counted, whatever happens next.
            var visitor = address.Find(request.Headers, features.Get<IHttpConnectionFeature>()?.RemoteIpAddress, out _);
            clicks.Record(request.Headers, visitor, route, time.GetUtcNow());
        }

        var response = features.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = route.RedirectType;
        var headers = response.Headers;
        headers.Location = route.Location;
        headers.CacheControl = RedirectHeaders.NoStore;
        headers[RedirectHeaders.RobotsTag] = RedirectHeaders.NoIndex;
    }

    public static bool IsFollowing(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}
