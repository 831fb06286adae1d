using System.Buffers;
using System.Net;
using LinkShort.Contracts;
using LinkShort.Redirect.Clicks;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Safety;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>What the straight path answers.</summary>
/// <param name="Outcome"><see cref="Outcome.Redirect"/>, <see cref="Outcome.NotFound"/> or <see cref="Outcome.Unavailable"/>.</param>
/// <param name="Route">Where to, for a redirect.</param>
public readonly record struct Match(Outcome Outcome, Route? Route, DateTimeOffset Now);

/// <summary>
/// Sends a visitor on. Works on the server's features, so that the straight path (<see cref="RedirectServer"/>) and the pipeline
/// (<see cref="RedirectMiddleware"/>) do the very same. Nothing here allocates.
/// </summary>
public sealed class Redirector(
    RouteTable routes, CodeCase codes, DestinationSafety safety, UnknownCodeLimiter unknownCodes, ClickRecorder clicks, ClientAddress address,
    RedirectTelemetry telemetry, TimeProvider time)
{
    // What codes that nobody made up by hand consist of. All that could mean something else than a code has other characters in it.
    private static readonly SearchValues<char> Usual =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly System.Collections.Frozen.FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Reserved =
        ReservedCodes.All.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What the straight path can answer: plain links that redirect now, and usual codes that no link has.</summary>
    /// <returns>False: the pipeline has to see to it, and nothing has happened.</returns>
    public bool TryMatch(IHttpRequestFeature request, out Match match)
    {
        ArgumentNullException.ThrowIfNull(request);
        match = default;
        if (!IsFollowing(request.Method)
            || CodePath.Parse(request.RawTarget, out var code) != CodePath.Parsed.Code
            || !routes.TryPeek(codes.KeyOf(code), out var lookup, out var tier))
        {
            return false;
        }

        var now = time.GetUtcNow();
        if (lookup.Route is { } route)
        {
            if (route.Plan is not null || Decision.Decide(route, now) != Outcome.Redirect || !safety.IsClear(route))
            {
                return false;
            }
        }
        else if (code.ContainsAnyExcept(Usual) || code[0] == '.' || Reserved.Contains(code) || Pages.WantsJson(request.Headers))
        {
            return false;
        }

        telemetry.FoundIn(tier);
        match = new Match(lookup.Outcome, lookup.Route, now);
        return true;
    }

    /// <summary>Answers what was matched.</summary>
    public Task AnswerAsync(IFeatureCollection features, IHttpRequestFeature request, in Match match)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(request);
        if (match.Route is { } route)
        {
            Send(features, request, route, match.Now);
            return Task.CompletedTask;
        }

        if (match.Outcome == Outcome.NotFound && unknownCodes.Count(Visitor(features, request)) is > 0 and var seconds)
        {
            return SafetyPages.WriteLimitedAsync(features, request, seconds, telemetry);
        }

        telemetry.Answered(match.Outcome);
        return Pages.WriteAsync(features, request, match.Outcome == Outcome.NotFound ? Pages.NotFound : Pages.Unavailable);
    }

    /// <summary>Counts the visit and answers it.</summary>
    public void Send(IFeatureCollection features, IHttpRequestFeature request, Route route, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(route);
        telemetry.Answered(Outcome.Redirect);
        if (HttpMethods.IsGet(request.Method))
        {
            // Before the answer goes out: what a visitor has seen is counted, whatever happens next.
            clicks.Record(request.Headers, Visitor(features, request), route, now);
        }

        var response = features as IHttpResponseFeature ?? features.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = route.RedirectType;
        var headers = response.Headers;
        headers.Location = route.Location;
        headers.CacheControl = RedirectHeaders.NoStore;
        headers[RedirectHeaders.RobotsTag] = RedirectHeaders.NoIndex;
    }

    private IPAddress? Visitor(IFeatureCollection features, IHttpRequestFeature request)
    {
        var connection = features as IHttpConnectionFeature ?? features.Get<IHttpConnectionFeature>();
        return address.Find(request.Headers, connection?.RemoteIpAddress, out _);
    }

    public static bool IsFollowing(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}
