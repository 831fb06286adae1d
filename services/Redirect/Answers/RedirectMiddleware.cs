using LinkShort.Contracts;
using LinkShort.Redirect.Passwords;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Safety;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Answers short addresses ahead of everything else in the pipeline: a visitor pays neither for routing nor for authentication. What
/// cannot be a short address (the service's own endpoints) goes on.
/// </summary>
public sealed class RedirectMiddleware(
    RequestDelegate next, RouteTable routes, CodeCase codes, Redirector redirector, LinkAnswers answers, DestinationSafety safety, UnknownCodeLimiter unknownCodes,
    ClientAddress address, RedirectTelemetry telemetry, TimeProvider time)
{
    public Task InvokeAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var parsed = CodePath.Parse(target, out var code);
        if (parsed == CodePath.Parsed.Empty || IsReserved(parsed == CodePath.Parsed.Code ? code : target.AsSpan().TrimStart('/')))
        {
            return next(context);
        }

        if (!Redirector.IsFollowing(context.Request.Method) && !PasswordGate.IsSubmission(context.Request))
        {
            return RefuseMethod(context);
        }

        if (parsed != CodePath.Parsed.Code)
        {
            return Answer(context, Lookup.NotFound, isQuestion: false);
        }

        // {code}+ asks where the code leads. No code has a plus sign.
        var isQuestion = code.Length > 1 && code[^1] == '+';
        if (isQuestion)
        {
            code = code[..^1];
        }

        var key = codes.KeyOf(code);
        return routes.TryFind(key, out var lookup) ? Answer(context, lookup, isQuestion) : LookUpAsync(context, key.ToString(), isQuestion);
    }

    private async Task LookUpAsync(HttpContext context, string key, bool isQuestion) =>
        await Answer(context, await routes.FindAsync(key, context.RequestAborted), isQuestion);

    private Task Answer(HttpContext context, Lookup lookup, bool isQuestion)
    {
        if (lookup.Route is { } found && safety.Of(found) is var objection && objection != Objection.None)
        {
            // Where a protected link leads is not told, not even that it is dangerous there by name.
            return SafetyPages.WriteAsync(context, objection, found.Behavior?.PasswordHash is null ? found.Destination : "", telemetry);
        }

        if (lookup.Outcome == Outcome.NotFound
            && unknownCodes.Count(address.Find(context.Request.Headers, context.Connection.RemoteIpAddress, out _)) is > 0 and var seconds)
        {
            return SafetyPages.WriteLimitedAsync(context, seconds, telemetry);
        }

        if (HttpMethods.IsPost(context.Request.Method) && lookup.Route is not null && (isQuestion || lookup.Route.Behavior?.PasswordHash is null))
        {
            return RefuseMethod(context);
        }

        if (lookup.Route is { } route && (isQuestion || route.Plan is not null))
        {
            return isQuestion ? answers.ExplainAsync(context, route) : answers.AnswerAsync(context, route);
        }

        var outcome = lookup.Outcome == Outcome.Redirect ? Decision.Decide(lookup.Route, time.GetUtcNow()) : lookup.Outcome;
        if (outcome == Outcome.Redirect)
        {
            redirector.Send(context.Features, context.Features.GetRequiredFeature<IHttpRequestFeature>(), lookup.Route!, time.GetUtcNow());
            return Task.CompletedTask;
        }

        telemetry.Answered(outcome);
        return Pages.WriteAsync(context, outcome switch
        {
            Outcome.Gone or Outcome.Expired => Pages.Gone,
            Outcome.Unavailable => Pages.Unavailable,
            _ => Pages.NotFound,
        });
    }

    private static Task RefuseMethod(HttpContext context)
    {
        context.Response.Headers.Allow = "GET, HEAD";
        return Pages.WriteAsync(context, Pages.MethodNotAllowed);
    }

    private static bool IsReserved(ReadOnlySpan<char> path)
    {
        var slash = path.IndexOfAny('/', '?');
        return ReservedCodes.All.GetAlternateLookup<ReadOnlySpan<char>>().Contains(slash < 0 ? path : path[..slash]);
    }
}
