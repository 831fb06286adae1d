using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Invitations;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Account;

/// <summary>Sign up, sign in, sign out.</summary>
public static partial class AccountEndpoints
{
    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        var account = routes.MapGroup("/app").AllowAnonymous();
        account.MapGet("/signup", ShowSignUpAsync);
        account.MapPost("/signup", SignUpAsync);
        account.MapGet("/signin", ShowSignInAsync);
        account.MapPost("/signin", SignInAsync);
        account.MapPost("/signout", SignOutAsync);
        SecondStep.Map(account);
        PasskeySignIn.Map(account);
        MailLinks.Map(account);
    }

    public class AccountForm
    {
        public string? Name { get; init; }

        public string? Email { get; init; }

        public string? Password { get; init; }

        /// <summary>The consent texts that the page showed, in the format of <see cref="ConsentOffers.ValueOf"/>.</summary>
        public string[]? Shown { get; init; }

        /// <summary>The consents that were ticked.</summary>
        public string[]? Consents { get; init; }

        public string? ReturnUrl { get; init; }

        /// <summary>The URL entered into the shorten box before signing up.</summary>
        public string? Url { get; init; }
    }

    public static async Task<Results<Redirect, RazorComponentResult<SignUpPage>, ProblemPage>> ShowSignUpAsync(
        string? url, string? returnUrl, CurrentSession session, LinkShortApi api, ConsentOffers offers, Viewer viewer, CancellationToken cancellationToken)
    {
        if (session.Current is not null)
        {
            return GoOn(url, returnUrl);
        }

        return (await offers.CurrentAsync(viewer.Language, api, cancellationToken)).Succeeded(out var offered, out var problem)
            ? new RazorComponentResult<SignUpPage>(new { Form = new AccountForm { Url = url, ReturnUrl = returnUrl }, offered.Consents })
            : new ProblemPage(problem);
    }

    public static async Task<Results<Redirect, RazorComponentResult<SignInPage>>> ShowSignInAsync(
        string? url, string? returnUrl, HttpContext context, CurrentSession session, SealedNotes notes)
    {
        if (session.Current is not null)
        {
            return GoOn(url, returnUrl);
        }

        var invitation = returnUrl == InvitationEndpoints.Continue ? await InvitationNote.FindAsync(context, notes) : null;
        return new RazorComponentResult<SignInPage>(new { Form = new AccountForm { Email = invitation?.Email, Url = url, ReturnUrl = returnUrl } });
    }

    public static async Task<Results<Redirect, RazorComponentResult<SignUpPage>, ProblemPage>> SignUpAsync(
        [FromForm] AccountForm form, HttpContext context, LinkShortApi api, Registrations registrations, SignIns signIns, Flash flash, CancellationToken cancellationToken)
    {
        var email = form.Email?.Trim() ?? "";
        var (offered, problem) = await registrations.CreateAsync(form, email, null, cancellationToken);
        if (problem is not null)
        {
            return offered is null
                ? new ProblemPage(problem)
                : new RazorComponentResult<SignUpPage>(new { Form = form, offered.Consents, Problem = problem }) { StatusCode = problem.Status };
        }

        var login = await api.LoginAsync(email, form.Password ?? "", null, cancellationToken);
        if (!login.Succeeded(out var tokens, out var refused))
        {
            // The account exists, only the sign-in failed: installations that hide which addresses have accounts require the address to be
            // confirmed first.
            flash.Say(refused.Slug == "invalid-credentials" ? "account.almostDone" : "account.signInNow");
            return Redirect.To("/app/signin" + EntryQuery.Of(form));
        }

        await signIns.StartAsync(context, tokens, email, cancellationToken);
        return await GoOnAsync(form.Url, form.ReturnUrl, api, flash, "account.welcome", cancellationToken);
    }

    public static async Task<Results<Redirect, RazorComponentResult<SignInPage>>> SignInAsync(
        [FromForm] AccountForm form, HttpContext context, LinkShortApi api, SignIns signIns, SealedNotes notes, Flash flash, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var email = form.Email?.Trim() ?? "";
        var login = await api.LoginAsync(email, form.Password ?? "", DeviceCookie.Read(context, email), cancellationToken);
        if (login.Succeeded(out var tokens, out var problem))
        {
            await signIns.StartAsync(context, tokens, email, cancellationToken);
            return await GoOnAsync(form.Url, form.ReturnUrl, api, flash, null, cancellationToken);
        }

        var now = time.GetUtcNow();
        if (PendingSignIn.Of(problem, form, email, now) is { } pending)
        {
            await PendingCookie.StartAsync(context, notes, pending, pending.EndsAt - now);
            return Redirect.To(SecondStep.Path);
        }

        return new RazorComponentResult<SignInPage>(new { Form = form, Problem = problem }) { StatusCode = problem.Status };
    }

    public static async Task<Redirect> SignOutAsync(HttpContext context, LinkShortApi api, SessionStore sessions, Flash flash, ILogger<SessionStore> logger)
    {
        if (SessionCookie.Read(context) is { } id)
        {
            try
            {
                var session = await sessions.FindAsync(id);
                await SessionCookie.EndAsync(context);
                // Not cancelled with the request: the tokens must be revoked even if the visitor closes the tab.
                if (session is not null && (await api.LogoutAsync(session.RefreshToken, CancellationToken.None)).Problem is { } problem)
                {
                    Log.NotRevoked(logger, problem.Status);
                }
            }
            catch (Exception e) when (Outages.IsOutage(e))
            {
                Log.NotEnded(logger, e);
                SessionCookie.Delete(context);
            }
        }

        flash.Say("account.signedOut");
        return Redirect.To("/");
    }

    /// <summary>Creates the link that was waiting for the account, then continues to the return URL.</summary>
    /// <param name="welcome">The key of a text, if no link was waiting.</param>
    internal static async Task<Redirect> GoOnAsync(
        string? url, string? returnUrl, LinkShortApi api, Flash flash, string? welcome, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(url))
        {
            if (welcome is not null)
            {
                flash.Say(welcome);
            }

            return GoOn(null, returnUrl);
        }

        var created = await api.CreateLinkAsync(new JsonObject { ["url"] = url.Trim() }, null, cancellationToken);
        if (created.Succeeded(out var link, out var problem))
        {
            flash.Offer(link.ShortUrl, "links.ready");
            return Redirect.To(ReturnUrl.Default);
        }

        var reason = problem.MessagesOf("url") is [var first, ..] ? first : flash.InWords(problem);
        flash.Warn("account.linkNotCreated", ("reason", reason));
        return GoOn(url, null);
    }

    private static Redirect GoOn(string? url, string? returnUrl) => Redirect.To(string.IsNullOrWhiteSpace(url)
        ? ReturnUrl.Checked(returnUrl)
        : "/app/links/new" + QueryString.Create("url", url.Length <= 4096 ? url : url[..4096]));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The tokens of a signed-out session could not be revoked: the API answered {Status}.")]
        public static partial void NotRevoked(ILogger logger, int status);

        [LoggerMessage(LogLevel.Warning, "A signed-out session could not be deleted: the session store is unavailable.")]
        public static partial void NotEnded(ILogger logger, Exception exception);
    }
}
