using LinkShort.Contracts;
using LinkShort.Redirect.Clicks;
using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Answers short addresses ahead of everything else in the pipeline: a visitor pays neither for routing nor for authentication. What
/// cannot be a short address (the service's own endpoints) goes on.
/// </summary>
public sealed class RedirectMiddleware(
    RequestDelegate next, RouteTable routes, ClickRecorder clicks, ClientAddress address, RedirectTelemetry telemetry, TimeProvider time)
{
    private const string RobotsTag = "X-Robots-Tag";

    public Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var parsed = CodePath.Parse(target, out var code);
        if (parsed == CodePath.Parsed.Code && routes.TryFind(code, out var route) && IsFollowing(context.Request))
        {
            return Answer(context, Lookup.Of(route));
        }

        if (parsed == CodePath.Parsed.Empty || IsReserved(parsed == CodePath.Parsed.Code ? code : target.AsSpan().TrimStart('/')))
        {
            return next(context);
        }

        if (!IsFollowing(context.Request))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return Pages.WriteAsync(context, Pages.MethodNotAllowed);
        }

        return parsed == CodePath.Parsed.Code ? LookUpAsync(context, code.ToString()) : Answer(context, Lookup.NotFound);
    }

    private async Task LookUpAsync(HttpContext context, string key) =>
        await Answer(context, await routes.FindAsync(key, context.RequestAborted));

    private Task Answer(HttpContext context, Lookup lookup)
    {
        var now = time.GetUtcNow();
        var outcome = lookup.Outcome == Outcome.Redirect ? Decision.Decide(lookup.Route, now) : lookup.Outcome;
        telemetry.Answered(outcome);
        if (outcome == Outcome.Redirect)
        {
            Redirect(context, lookup.Route!, now);
            return Task.CompletedTask;
        }

        return Pages.WriteAsync(context, outcome switch
        {
            Outcome.Gone => Pages.Gone,
            Outcome.Unavailable => Pages.Unavailable,
            _ => Pages.NotFound,
        });
    }

    private void Redirect(HttpContext context, Route route, DateTimeOffset now)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            address.Apply(context);
            // Before the answer goes out: what a visitor has seen is counted, whatever happens next.
            clicks.Record(context, route, now);
        }

        var response = context.Response;
        response.StatusCode = route.RedirectType;
        var headers = response.Headers;
        headers.Location = route.Location;
        headers.CacheControl = RedirectHeaders.NoStore;
        headers[RobotsTag] = RedirectHeaders.NoIndex;
    }

    private static bool IsFollowing(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static bool IsReserved(ReadOnlySpan<char> path)
    {
        var slash = path.IndexOfAny('/', '?');
        return ReservedCodes.All.GetAlternateLookup<ReadOnlySpan<char>>().Contains(slash < 0 ? path : path[..slash]);
    }
}
