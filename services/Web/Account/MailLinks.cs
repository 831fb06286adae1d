using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Account;

/// <summary>
/// The pages that links in emails lead to, and the forms that request such emails. Scanners follow links before users do, so a GET only
/// shows a page with a button; its POST uses the token.
/// </summary>
public static class MailLinks
{
    public static void Map(IEndpointRouteBuilder account)
    {
        var pages = account.MapGroup("").AddEndpointFilter(KeepTokenToOneself);
        pages.MapGet("/verify", (string? token) => new RazorComponentResult<VerifyPage>(new { Token = token }));
        pages.MapPost("/verify", VerifyAsync);
        pages.MapPost("/verify/resend", ResendAsync);
        pages.MapGet("/forgot", () => new RazorComponentResult<ForgotPage>());
        pages.MapPost("/forgot", ForgotAsync);
        pages.MapGet("/reset", (string? token) => new RazorComponentResult<ResetPage>(new { Token = token }));
        pages.MapPost("/reset", ResetAsync);
        pages.MapGet("/email-change", (string? token) => new RazorComponentResult<EmailChangePage>(new { Token = token }));
        pages.MapPost("/email-change", ChangeEmailAsync);
    }

    public sealed class TokenForm
    {
        public string? Token { get; init; }

        public string? Password { get; init; }

        public string? Email { get; init; }

        /// <summary>For a change of address: confirm or cancel.</summary>
        public string? Action { get; init; }

        public string? ReturnUrl { get; init; }
    }

    public static async Task<Results<Redirect, RazorComponentResult<VerifyPage>>> VerifyAsync(
        [FromForm] TokenForm form, LinkShortApi api, SessionRenewal renewal, CurrentSession current, Flash flash, CancellationToken cancellationToken)
    {
        var verified = await api.VerifyEmailAsync(form.Token ?? "", cancellationToken);
        if (!verified.Succeeded(out _, out var problem))
        {
            return new RazorComponentResult<VerifyPage>(new { form.Token, Problem = problem }) { StatusCode = problem.Status };
        }

        flash.Say(current.Current is null ? "account.verified" : "account.verifiedThanks");
        if (current.Current is not null)
        {
            await AskAgainAsync(api, renewal, cancellationToken);
            return Redirect.To(ReturnUrl.Default);
        }

        return Redirect.To("/app/signin");
    }

    /// <summary>The same response whether or not the account exists.</summary>
    public static async Task<Results<Redirect, RazorComponentResult<VerifyPage>>> ResendAsync(
        [FromForm] TokenForm form, LinkShortApi api, CurrentSession current, Flash flash, CancellationToken cancellationToken)
    {
        var email = form.Email?.Trim() is { Length: > 0 } typed ? typed : current.Current?.Email ?? "";
        var asked = await api.ResendVerificationAsync(email, cancellationToken);
        if (asked.Succeeded(out _, out var problem))
        {
            flash.Say("account.resent", ("email", email));
            return Redirect.To(current.Current is null ? "/app/signin" : ReturnUrl.Checked(form.ReturnUrl));
        }

        if (current.Current is not null && problem.Errors.Count == 0)
        {
            flash.Warn(problem);
            return Redirect.To(ReturnUrl.Checked(form.ReturnUrl));
        }

        return new RazorComponentResult<VerifyPage>(new { form.Email, Problem = problem }) { StatusCode = problem.Status };
    }

    public static async Task<RazorComponentResult<ForgotPage>> ForgotAsync([FromForm] TokenForm form, LinkShortApi api, CancellationToken cancellationToken)
    {
        var email = form.Email?.Trim() ?? "";
        var asked = await api.ForgotPasswordAsync(email, cancellationToken);
        return asked.Succeeded(out _, out var problem)
            ? new RazorComponentResult<ForgotPage>(new { Email = email, Sent = true })
            : new RazorComponentResult<ForgotPage>(new { Email = email, Problem = problem }) { StatusCode = problem.Status };
    }

    public static async Task<Results<Redirect, RazorComponentResult<ResetPage>>> ResetAsync(
        [FromForm] TokenForm form, HttpContext context, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        var reset = await api.ResetPasswordAsync(form.Token ?? "", form.Password ?? "", cancellationToken);
        if (!reset.Succeeded(out _, out var problem))
        {
            return new RazorComponentResult<ResetPage>(new { form.Token, Problem = problem }) { StatusCode = problem.Status };
        }

        // The API ended every session of the account, possibly including this browser's.
        await SessionCookie.EndAsync(context);
        flash.Say("account.passwordSet");
        return Redirect.To("/app/signin");
    }

    public static async Task<RazorComponentResult<EmailChangePage>> ChangeEmailAsync(
        [FromForm] TokenForm form, LinkShortApi api, SessionRenewal renewal, CurrentSession current, CancellationToken cancellationToken)
    {
        ApiProblem? problem;
        if (form.Action == "cancel")
        {
            problem = (await api.CancelEmailChangeAsync(form.Token ?? "", cancellationToken)).Problem;
            return problem is null
                ? new RazorComponentResult<EmailChangePage>(new { Outcome = EmailChangeOutcome.Cancelled })
                : new RazorComponentResult<EmailChangePage>(new { form.Token, Problem = problem }) { StatusCode = problem.Status };
        }

        var confirmed = await api.ConfirmEmailChangeAsync(form.Token ?? "", cancellationToken);
        if (!confirmed.Succeeded(out var answer, out problem))
        {
            return new RazorComponentResult<EmailChangePage>(new { form.Token, Problem = problem }) { StatusCode = problem.Status };
        }

        if (answer.Changed && current.Current is not null)
        {
            await AskAgainAsync(api, renewal, cancellationToken);
        }

        return new RazorComponentResult<EmailChangePage>(new { Outcome = answer.Changed ? EmailChangeOutcome.Changed : EmailChangeOutcome.Waiting });
    }

    /// <summary>The token may belong to another account, so the profile is read again, or on the next page if the API is unavailable.</summary>
    private static async Task AskAgainAsync(LinkShortApi api, SessionRenewal renewal, CancellationToken cancellationToken)
    {
        var profile = (await api.MeAsync(cancellationToken)).Value;
        await renewal.ChangeAsync(session => profile is null ? session with { EmailVerified = null } : session.With(profile), cancellationToken);
    }

    /// <summary>
    /// Keeps the token out of referrers. Not "no-referrer", with which browsers send <c>Origin: null</c> on the button's POST.
    /// </summary>
    private static ValueTask<object?> KeepTokenToOneself(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        context.HttpContext.Response.Headers["Referrer-Policy"] = "strict-origin";
        context.HttpContext.Response.Headers.CacheControl = "no-store";
        return next(context);
    }
}

public enum EmailChangeOutcome
{
    /// <summary>The other address still has to confirm.</summary>
    Waiting,

    Changed,

    Cancelled,
}
