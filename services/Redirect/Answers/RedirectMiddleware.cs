using LinkShort.Contracts;
using LinkShort.Redirect.Passwords;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Safety;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Answers short URLs ahead of everything else in the pipeline, so that visitors pay for neither routing nor authentication. Requests that
/// can't be for a short URL (the service's own endpoints) continue through the pipeline.
/// </summary>
public sealed class RedirectMiddleware(
    RequestDelegate next, RouteTable routes, CodeCase codes, Redirector redirector, LinkAnswers answers, SafetyGate safety, ClientAddress address,
    RedirectTelemetry telemetry)
{
    public Task InvokeAsync(HttpContext context)
    {
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

        // {code}+ requests the page that shows where the code leads. No code has a plus sign.
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
        if (safety.Refuse(context, lookup) is { } refusal)
        {
            return refusal;
        }

        if (HttpMethods.IsPost(context.Request.Method) && lookup.Route is not null && (isQuestion || lookup.Route.Behavior?.PasswordHash is null))
        {
            return RefuseMethod(context);
        }

        if (lookup.Route is { } route && (isQuestion || route.Plan is not null))
        {
            address.Apply(context);
            return isQuestion ? answers.ExplainAsync(context, route) : answers.AnswerAsync(context, route);
        }

        if (redirector.TrySend(context.Features, lookup, out var outcome))
        {
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
