using System.Globalization;
using System.Net;
using LinkShort.Redirect.ClickLimits;
using LinkShort.Redirect.Clicks;
using LinkShort.Redirect.Passwords;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Rules;
using LinkShort.Redirect.Safety;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Visitors.Geography;
using LinkShort.Visitors.Networks;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Answers visitors of links that are more than a plain redirect, and who asks where a link leads. In the pipeline, behind
/// <see cref="RedirectMiddleware"/>: nothing here costs visitors of plain links anything. What <see cref="Evaluation"/> decides, it is
/// told here; what only stores know, is asked here.
/// </summary>
public sealed class LinkAnswers(
    ClickRecorder clicks, ClickLimiter limits, PasswordGate passwords, ClientAddress clientAddress, DailySalt salt, Places places, KnownNetworks networks,
    DestinationSafety safety, RouteStore store, RedirectTelemetry telemetry, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromMilliseconds(500);

    // The page is for people: a crowd of programs asking for it must not take connections from look-ups.
    private readonly SemaphoreSlim _asking = new(4);

    /// <param name="route">A link with behaviour.</param>
    public async Task AnswerAsync(HttpContext context, Route route)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(route);
        clientAddress.Apply(context);
        var now = time.GetUtcNow();
        var request = context.Request;
        var address = context.Connection.RemoteIpAddress;
        var visit = new Visit(request.Headers, address, QueryOf(context), HttpMethods.IsHead(request.Method), salt.At(now), places, networks);

        var isLocked = route.Behavior!.PasswordHash is not null && !await passwords.IsOpenForAsync(request, route);
        // Who takes a click is told by taking it whether there was one. The others look.
        if (await GatesAsync(route, isLocked, looks: isLocked || !visit.Consumes, now, context.RequestAborted) is not { } gates)
        {
            await UnavailableAsync(context);
            return;
        }

        var verdict = Evaluation.Decide(route, visit, gates, now);
        if (verdict.Step == Step.Password && HttpMethods.IsPost(request.Method))
        {
            if (!await passwords.TryEnterAsync(context, route, visit, address))
            {
                return;
            }

            verdict = Evaluation.Decide(route, visit, gates with { IsLocked = false }, now);
        }

        if (verdict.To is { } chosen && !safety.IsClear(route) && safety.Of(chosen.Url) is var objection && objection != Objection.None)
        {
            await SafetyPages.WriteAsync(context, objection, chosen.Url, telemetry);
            return;
        }

        // Last: only who is really let through uses one up.
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

        await WriteAsync(context, route, visit, address, verdict, now);
    }

    /// <summary>Tells where a link leads, without leading there: not a click.</summary>
    public async Task ExplainAsync(HttpContext context, Route route)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(route);
        clientAddress.Apply(context);
        var now = time.GetUtcNow();
        var outcome = Decision.Decide(route, now);
        var isProtected = route.Behavior?.PasswordHash is not null;
        if (outcome == Outcome.Redirect)
        {
            if (await GatesAsync(route, isProtected, looks: true, now, context.RequestAborted) is not { } gates)
            {
                await UnavailableAsync(context);
                return;
            }

            outcome = gates.IsUsedUp ? Outcome.Expired : Outcome.Page;
        }

        telemetry.Answered(outcome);
        await (outcome switch
        {
            Outcome.Page => DestinationPage.WriteAsync(
                context, isProtected ? null : route.Plan?.To.Destination.Url ?? route.Destination, route.Plan?.Varies ?? false, await CreatedAtAsync(route)),
            Outcome.NotFound => Pages.WriteAsync(context, Pages.NotFound),
            _ => Pages.WriteAsync(context, Pages.Gone),
        });
    }

    public void Dispose() => _asking.Dispose();

    /// <returns>Null when the limit can't be asked for.</returns>
    private async Task<Gates?> GatesAsync(Route route, bool isLocked, bool looks, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (route.Behavior?.MaxClicks is null || !looks || Decision.Decide(route, now) != Outcome.Redirect)
        {
            return new Gates(IsUsedUp: false, isLocked);
        }

        var admission = await limits.LookAsync(route, cancellationToken);
        return admission == Admission.Unknown ? null : new Gates(admission == Admission.UsedUp, isLocked);
    }

    private async Task<DateTimeOffset?> CreatedAtAsync(Route route)
    {
        if (!await _asking.WaitAsync(StoreTimeout))
        {
            return null;
        }

        try
        {
            using var timeout = new CancellationTokenSource(StoreTimeout);
            return await store.CreatedAtAsync(route.LinkId, route.WorkspaceId, timeout.Token);
        }
        // Whatever PostgreSQL answers: there may be no tables yet.
        catch (Exception exception) when (exception is NpgsqlException || Outages.IsOutageOrDeadline(exception, CancellationToken.None))
        {
            // The page is of use without it.
            return null;
        }
        finally
        {
            _asking.Release();
        }
    }

    private Task UnavailableAsync(HttpContext context)
    {
        telemetry.Answered(Outcome.Unavailable);
        return Pages.WriteAsync(context, Pages.Unavailable);
    }

    private Task WriteAsync(HttpContext context, Route route, Visit visit, IPAddress? address, Verdict verdict, DateTimeOffset now)
    {
        switch (verdict)
        {
            case { Step: Step.Redirect, To: { } to }:
                telemetry.Answered(Outcome.Redirect);
                Record(context, route, address, verdict, now);
                // After a form, whatever kind of redirect the link has: the password is not for the destination (RFC 9110, 15.4.4).
                var status = HttpMethods.IsPost(context.Request.Method) ? StatusCodes.Status303SeeOther : route.RedirectType;
                SendTo(context, status, to.LocationWith(route.Behavior!.ForwardQuery, visit.Query), CachePolicy(route, now));
                if (route.Behavior.AllowIndexing == true)
                {
                    context.Response.Headers.Remove(RedirectHeaders.RobotsTag);
                }

                return Task.CompletedTask;

            case { Step: Step.Preview }:
                telemetry.Answered(Outcome.Page);
                Record(context, route, address, verdict, now);
                return PreviewPage.WriteAsync(context, route.Behavior!);

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

    /// <summary>Before the answer goes out: what a visitor has seen is counted, whatever happens next. Who asks for the head alone has seen nothing.</summary>
    private void Record(HttpContext context, Route route, IPAddress? address, Verdict verdict, DateTimeOffset now)
    {
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            clicks.Record(context.Request.Headers, address, route, now, verdict.Variant);
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
