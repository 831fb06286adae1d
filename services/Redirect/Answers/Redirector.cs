using System.Buffers;
using System.Net;
using LinkShort.Contracts;
using LinkShort.Redirect.Clicks;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Safety;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>An answer of the fast path.</summary>
/// <param name="Outcome"><see cref="Outcome.Redirect"/>, <see cref="Outcome.NotFound"/> or <see cref="Outcome.Unavailable"/>.</param>
/// <param name="Route">The link, for a redirect.</param>
public readonly record struct Match(Outcome Outcome, Route? Route, DateTimeOffset Now);

/// <summary>
/// Redirects visitors of plain links. Works on the server's features, so that the fast path (<see cref="RedirectServer"/>) and the pipeline
/// (<see cref="RedirectMiddleware"/>) share it. Nothing here allocates.
/// </summary>
public sealed class Redirector(
    RouteTable routes, CodeCase codes, DestinationSafety safety, UnknownCodeLimiter unknownCodes, ClickRecorder clicks, ClientAddress address,
    RedirectTelemetry telemetry, TimeProvider time)
{
    // The characters of generated codes. Every path with another meaning has other characters.
    private static readonly SearchValues<char> CodeCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly System.Collections.Frozen.FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Reserved =
        ReservedCodes.All.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Matches what the fast path can answer: plain links that redirect now, and well-formed codes that no link has.</summary>
    /// <returns>False if the pipeline has to answer; then there was no side effect.</returns>
    public bool TryMatch(IHttpRequestFeature request, out Match match)
    {
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
        else if (code.ContainsAnyExcept(CodeCharacters) || code[0] == '.' || Reserved.Contains(code) || Pages.WantsJson(request.Headers))
        {
            return false;
        }

        telemetry.FoundIn(tier);
        match = new Match(lookup.Outcome, lookup.Route, now);
        return true;
    }

    /// <summary>Writes the answer for a match.</summary>
    public Task AnswerAsync(IFeatureCollection features, IHttpRequestFeature request, in Match match)
    {
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

    /// <summary>Redirects, if a plain link was found that redirects now.</summary>
    /// <param name="outcome">What the visitor gets.</param>
    /// <returns>False if the caller has to answer with <paramref name="outcome"/>.</returns>
    public bool TrySend(IFeatureCollection features, Lookup lookup, out Outcome outcome)
    {
        var now = time.GetUtcNow();
        outcome = lookup.Outcome == Outcome.Redirect ? Decision.Decide(lookup.Route, now) : lookup.Outcome;
        if (outcome != Outcome.Redirect)
        {
            return false;
        }

        Send(features, features.GetRequiredFeature<IHttpRequestFeature>(), lookup.Route!, now);
        return true;
    }

    private void Send(IFeatureCollection features, IHttpRequestFeature request, Route route, DateTimeOffset now)
    {
        telemetry.Answered(Outcome.Redirect);
        if (HttpMethods.IsGet(request.Method))
        {
            // Recorded before the answer is sent, so that every answered visitor is counted.
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
