using System.Globalization;
using System.Net;
using LinkShort.Redirect.Answers;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Rules;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Passwords;

/// <summary>Admits visitors of a protected link who enter its password, and remembers them for half an hour.</summary>
public sealed class PasswordGate(
    PasswordKeys keys, PasswordAttempts attempts, LinkPasswordHasher hasher, SharedPasswordState shared, RedirectTelemetry telemetry, TimeProvider time)
{
    /// <summary>Largest form in bytes: the longest password, each character as three percent-encoded bytes, and the other fields.</summary>
    public const int MaxForm = 16 * 1024;

    private static readonly TimeSpan FormLifetime = TimeSpan.FromHours(1);

    private static readonly FormOptions FormLimits = new()
    {
        BufferBodyLengthLimit = MaxForm, ValueLengthLimit = MaxForm, KeyLengthLimit = 64, ValueCountLimit = 8,
    };

    public static bool IsSubmission(HttpRequest request)
    {
        return HttpMethods.IsPost(request.Method)
            && request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true;
    }

    /// <summary>Whether the visitor entered this password within <see cref="UnlockCookie.Lifetime"/>.</summary>
    public async Task<bool> IsOpenForAsync(HttpRequest request, Route route)
    {
        return UnlockCookie.ProofOf(request, route.LinkId, route.Behavior!.PasswordHash!) is { } proof && await shared.RemembersAsync(proof);
    }

    /// <summary>Shows the form.</summary>
    /// <param name="problem">The key of the text that says why an attempt failed.</param>
    public Task AskAsync(HttpContext context, Route route, Visit visit, string? problem = null)
    {
        telemetry.Answered(Outcome.Page);
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method)
            || (HttpMethods.IsPost(request.Method) && !request.Cookies.ContainsKey(UnlockCookie.NameOf(request))))
        {
            UnlockCookie.Set(context);
        }

        var token = keys.TokenFor(route.LinkId, time.GetUtcNow() + FormLifetime);
        return PasswordForm.WriteAsync(
            context, problem is null ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden, token, visit, route.Plan!, problem);
    }

    /// <summary>Processes a submitted form.</summary>
    /// <returns>True if the password is right; otherwise the response has been written.</returns>
    public async Task<bool> TryEnterAsync(HttpContext context, Route route, Visit visit, IPAddress? address)
    {
        if (!IsFromOurPage(context.Request))
        {
            await AskAsync(context, route, visit, "passwords.fromElsewhere");
            return false;
        }

        if (await ReadAsync(context) is not { } form)
        {
            await AskAsync(context, route, visit, "passwords.notThisForm");
            return false;
        }

        // For the next form, and for the click if the password is right.
        context.Request.Headers.Referer = form[PasswordForm.ReferrerField].ToString() is { Length: > 0 } from ? from : default;
        if (!keys.IsValid(form[PasswordForm.TokenField], route.LinkId, time.GetUtcNow()))
        {
            await AskAsync(context, route, visit, "passwords.outdated");
            return false;
        }

        var attempt = await attempts.AcquireAsync(route.LinkId, address);
        if (!attempt.IsGranted)
        {
            telemetry.Answered(Outcome.Throttled);
            context.Response.Headers.RetryAfter = Math.Ceiling(attempt.Wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await Pages.WriteAsync(context, Pages.Throttled);
            return false;
        }

        var isRight = await hasher.IsRightAsync(route.Behavior!.PasswordHash!, form[PasswordForm.PasswordField].ToString(), context.RequestAborted);
        if (isRight != false)
        {
            await attempts.ReleaseAsync(attempt);
        }

        if (isRight is null)
        {
            telemetry.Answered(Outcome.Unavailable);
            await Pages.WriteAsync(context, Pages.Unavailable);
            return false;
        }

        if (!isRight.Value)
        {
            await AskAsync(context, route, visit, "passwords.wrong");
            return false;
        }

        if (UnlockCookie.ProofOf(context.Request, route.LinkId, route.Behavior.PasswordHash!) is { } proof)
        {
            await shared.RememberAsync(proof, UnlockCookie.Lifetime);
        }

        return true;
    }

    /// <summary>
    /// Browsers send with a form which site it comes from, and no site can forge that. A client that sends neither field is not a current
    /// browser, which another site could make submit a form.
    /// </summary>
    private static bool IsFromOurPage(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none"))
        {
            return false;
        }

        return request.Headers.Origin is not [{ } origin]
            || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && Uri.TryCreate($"{from.Scheme}://{request.Host}", UriKind.Absolute, out var here)
                && from.Authority.Equals(here.Authority, StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<IFormCollection?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MaxForm)
        {
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxForm;
        }

        try
        {
            return await new FormFeature(context.Request, FormLimits).ReadFormAsync(context.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            return null;
        }
    }
}
