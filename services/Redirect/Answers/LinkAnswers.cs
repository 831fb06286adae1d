using System.Globalization;
using LinkShort.Redirect.ClickLimits;
using LinkShort.Redirect.Clicks;
using LinkShort.Redirect.Passwords;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Rules;
using LinkShort.Redirect.Safety;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Answers visitors of links that are more than a plain redirect, and requests for where a link leads. Runs in the pipeline, behind
/// <see cref="RedirectMiddleware"/>, so it costs visitors of plain links nothing. <see cref="Evaluation"/> decides; this class queries the
/// stores that the decision needs and writes the answer.
/// </summary>
public sealed class LinkAnswers(
    ClickRecorder clicks, ClickLimiter limits, PasswordGate passwords, VisitReader visits, SafetyGate safety, CreationTimes creationTimes,
    RedirectTelemetry telemetry, TimeProvider time)
{
    /// <param name="context">With the visitor's address as its remote address.</param>
    /// <param name="route">A link with behaviour.</param>
    public async Task AnswerAsync(HttpContext context, Route route)
    {
        var now = time.GetUtcNow();
        var visit = visits.Read(context, now);
        var isLocked = route.Behavior!.PasswordHash is not null && !await passwords.IsOpenForAsync(context.Request, route);
        // A consuming visit takes a click last and learns then whether one was left. All others read the counter.
        if (await GatesAsync(route, isLocked, readsCounter: isLocked || !visit.Consumes, now, context.RequestAborted) is not { } gates)
        {
            await UnavailableAsync(context);
            return;
        }

        var verdict = Evaluation.Decide(route, visit, gates, now);
        if (verdict.Step == Step.Password && HttpMethods.IsPost(context.Request.Method))
        {
            if (!await passwords.TryEnterAsync(context, route, visit, context.Connection.RemoteIpAddress))
            {
                return;
            }

            verdict = Evaluation.Decide(route, visit, gates with { IsLocked = false }, now);
        }

        if (verdict.To is { } chosen && safety.Refuse(context, route, chosen.Url) is { } refusal)
        {
            await refusal;
            return;
        }

        // Last, so that only visitors who are redirected use a click.
        if (verdict.Step == Step.Redirect && route.Behavior.MaxClicks is not null && visit.Consumes)
        {
            var admission = await limits.TakeAsync(route, context.RequestAborted);
            if (admission == Admission.Unknown)
            {
                await UnavailableAsync(context);
                return;
            }

            verdict = admission == Admission.Granted ? verdict : Evaluation.Decide(route, visit, gates with { IsUsedUp = true }, now);
        }

        await WriteAsync(context, route, visit, verdict, now);
    }

    /// <summary>Shows where a link leads, without redirecting: not a click.</summary>
    /// <param name="context">With the visitor's address as its remote address.</param>
    public async Task ExplainAsync(HttpContext context, Route route)
    {
        var now = time.GetUtcNow();
        var outcome = Decision.Decide(route, now);
        var isProtected = route.Behavior?.PasswordHash is not null;
        if (outcome == Outcome.Redirect)
        {
            if (await GatesAsync(route, isProtected, readsCounter: true, now, context.RequestAborted) is not { } gates)
            {
                await UnavailableAsync(context);
                return;
            }

            outcome = gates.IsUsedUp ? Outcome.Expired : Outcome.Page;
        }

        telemetry.Answered(outcome);
        var destination = isProtected ? null : route.Plan?.To.Destination.Url ?? route.Destination;
        await (outcome switch
        {
            Outcome.Page => DestinationPage.WriteAsync(context, destination, route.Plan?.Varies ?? false, await creationTimes.FindAsync(route)),
            Outcome.NotFound => Pages.WriteAsync(context, Pages.NotFound),
            _ => Pages.WriteAsync(context, Pages.Gone),
        });
    }

    /// <returns>Null if the click counter can't be read.</returns>
    private async Task<Gates?> GatesAsync(Route route, bool isLocked, bool readsCounter, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (route.Behavior?.MaxClicks is null || !readsCounter || Decision.Decide(route, now) != Outcome.Redirect)
        {
            return new Gates(IsUsedUp: false, isLocked);
        }

        var admission = await limits.LookAsync(route, cancellationToken);
        return admission == Admission.Unknown ? null : new Gates(admission == Admission.UsedUp, isLocked);
    }

    private Task UnavailableAsync(HttpContext context)
    {
        telemetry.Answered(Outcome.Unavailable);
        return Pages.WriteAsync(context, Pages.Unavailable);
    }

    private Task WriteAsync(HttpContext context, Route route, Visit visit, Verdict verdict, DateTimeOffset now)
    {
        switch (verdict)
        {
            case { Step: Step.Redirect, To: { } to }:
                telemetry.Answered(Outcome.Redirect);
                Record(context, route, verdict, now);
                // 303 after a form, whatever the link's redirect type: the password is not for the destination (RFC 9110, 15.4.4).
                var status = HttpMethods.IsPost(context.Request.Method) ? StatusCodes.Status303SeeOther : route.RedirectType;
                SendTo(context, status, to.LocationWith(route.Behavior!.ForwardQuery, visit.Query), CachePolicy(route, now));
                if (route.Behavior.AllowIndexing == true)
                {
                    context.Response.Headers.Remove(RedirectHeaders.RobotsTag);
                }

                return Task.CompletedTask;

            case { Step: Step.Preview, To: { } behind }:
                telemetry.Answered(Outcome.Page);
                Record(context, route, verdict, now);
                return PreviewPage.WriteAsync(context, route.Behavior!, behind.LocationWith(route.Behavior!.ForwardQuery, visit.Query));

            case { Step: Step.Password }:
                return passwords.AskAsync(context, route, visit);

            case { Step: Step.Expired, To: { } elsewhere }:
                // Not a click: the link's own destination was not reached.
                telemetry.Answered(Outcome.Expired);
                var found = HttpMethods.IsPost(context.Request.Method) ? StatusCodes.Status303SeeOther : StatusCodes.Status302Found;
                SendTo(context, found, elsewhere.Location, RedirectHeaders.NoStore!);
                return Task.CompletedTask;

            case { Step: Step.NotYet }:
                telemetry.Answered(Outcome.NotFound);
                return Pages.WriteAsync(context, Pages.NotFound);

            default:
                telemetry.Answered(verdict.Step == Step.Expired ? Outcome.Expired : Outcome.Gone);
                return Pages.WriteAsync(context, Pages.Gone);
        }
    }

    /// <summary>Records a click before the answer is sent, so that every answered visitor is counted. A HEAD request is not a click.</summary>
    private void Record(HttpContext context, Route route, Verdict verdict, DateTimeOffset now)
    {
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            clicks.Record(context.Request.Headers, context.Connection.RemoteIpAddress, route, now, verdict.Variant);
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

    /// <summary>As long as the owner allows, but never beyond the moment at which the answer changes.</summary>
    private static string CachePolicy(Route route, DateTimeOffset now)
    {
        double seconds = route.Plan!.IsCacheable ? route.Behavior!.CacheSeconds ?? 0 : 0;
        if (route.ExpiresAt is { } expires)
        {
            seconds = Math.Min(seconds, (expires - now).TotalSeconds);
        }

        return seconds >= 1 ? string.Create(CultureInfo.InvariantCulture, $"private, max-age={(long)seconds}") : RedirectHeaders.NoStore!;
    }
}
