using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using LinkShort.Web.Problems;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StackExchange.Redis;

namespace LinkShort.Web.Account;

/// <summary>Sign up, sign in, sign out.</summary>
public static partial class AccountEndpoints
{
    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        var account = routes.MapGroup("/app").AllowAnonymous();
        account.MapGet("/signup", ShowSignUp);
        account.MapPost("/signup", SignUpAsync);
        account.MapGet("/signin", ShowSignIn);
        account.MapPost("/signin", SignInAsync);
        account.MapPost("/signout", SignOutAsync);
    }

    public sealed class AccountForm
    {
        public string? Name { get; init; }

        public string? Email { get; init; }

        public string? Password { get; init; }

        public string? ReturnUrl { get; init; }

        /// <summary>What was typed into the shorten box before there was an account.</summary>
        public string? Url { get; init; }
    }

    public static Results<Redirect, RazorComponentResult<SignUpPage>> ShowSignUp(string? url, string? returnUrl, CurrentSession session) =>
        session.Current is null
            ? new RazorComponentResult<SignUpPage>(new { Form = new AccountForm { Url = url, ReturnUrl = returnUrl } })
            : GoOn(url, returnUrl);

    public static Results<Redirect, RazorComponentResult<SignInPage>> ShowSignIn(string? url, string? returnUrl, CurrentSession session) =>
        session.Current is null
            ? new RazorComponentResult<SignInPage>(new { Form = new AccountForm { Url = url, ReturnUrl = returnUrl } })
            : GoOn(url, returnUrl);

    public static async Task<Results<Redirect, RazorComponentResult<SignUpPage>>> SignUpAsync(
        [FromForm] AccountForm form, HttpContext context, LinkShortApi api, SessionStore sessions, CurrentSession current, Flash flash, TimeProvider time, CancellationToken cancellationToken)
    {
        var email = form.Email?.Trim() ?? "";
        var name = string.IsNullOrWhiteSpace(form.Name) ? null : form.Name.Trim();
        var registered = await api.RegisterAsync(new Registration(email, form.Password ?? "", name), cancellationToken);
        if (!registered.Succeeded(out _, out var problem))
        {
            problem = problem.Slug == "email-taken" ? ApiProblem.OfField(problem.Status, problem.Slug, "email", ProblemText.Message(problem)) : problem;
            return new RazorComponentResult<SignUpPage>(new { Form = form, Problem = problem }) { StatusCode = problem.Status };
        }

        var login = await api.LoginAsync(email, form.Password ?? "", cancellationToken);
        if (!login.Succeeded(out var tokens, out _))
        {
            // The account is there; only the second step failed.
            flash.Set(new FlashMessage("Your account is ready. Please sign in."));
            return Redirect.To("/app/signin" + EntryQuery.Of(form));
        }

        await StartAsync(context, sessions, current, new WebSession(email, name, "", "", default, time.GetUtcNow()), tokens, time);
        return await GoOnAsync(form, api, flash, "Welcome to LinkShort! Your account is ready.", cancellationToken);
    }

    public static async Task<Results<Redirect, RazorComponentResult<SignInPage>>> SignInAsync(
        [FromForm] AccountForm form, HttpContext context, LinkShortApi api, SessionStore sessions, CurrentSession current, Flash flash, TimeProvider time, CancellationToken cancellationToken)
    {
        var email = form.Email?.Trim() ?? "";
        var login = await api.LoginAsync(email, form.Password ?? "", cancellationToken);
        if (!login.Succeeded(out var tokens, out var problem))
        {
            return new RazorComponentResult<SignInPage>(new { Form = form, Problem = problem }) { StatusCode = problem.Status };
        }

        var session = await StartAsync(context, sessions, current, new WebSession(email, null, "", "", default, time.GetUtcNow()), tokens, time);
        if ((await api.MeAsync(cancellationToken)).Value is { } profile && SessionCookie.Started(context) is { } id)
        {
            // Only a name to show: when it can't be had, the e-mail does.
            await sessions.ReplaceAsync(id, session with { Email = profile.Email, Name = profile.Name });
        }

        return await GoOnAsync(form, api, flash, null, cancellationToken);
    }

    public static async Task<Redirect> SignOutAsync(HttpContext context, LinkShortApi api, SessionStore sessions, Flash flash, ILogger<SessionStore> logger)
    {
        if (SessionCookie.Read(context) is { } id)
        {
            try
            {
                var session = await sessions.FindAsync(id);
                await SessionCookie.EndAsync(context);
                // Not the request's token: whoever signs out and closes the tab still wants the tokens revoked.
                if (session is not null && (await api.LogoutAsync(session.RefreshToken, CancellationToken.None)).Problem is { } problem)
                {
                    Log.NotRevoked(logger, problem.Status);
                }
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                Log.NotEnded(logger, e);
                SessionCookie.Delete(context);
            }
        }

        flash.Set(new FlashMessage("You are signed out."));
        return Redirect.To("/");
    }

    private static async Task<WebSession> StartAsync(
        HttpContext context, SessionStore sessions, CurrentSession current, WebSession session, Tokens tokens, TimeProvider time)
    {
        // Always a new id: one that somebody planted before the sign-in is worth nothing after it.
        if (SessionCookie.Read(context) is { } old)
        {
            await sessions.EndAsync(old);
        }

        session = SessionRenewal.WithTokens(session, tokens, time.GetUtcNow());
        SessionCookie.Write(context, await sessions.StartAsync(session));
        current.Current = session;
        return session;
    }

    /// <summary>Makes the link that was waiting for the account, then goes where the visitor wanted to go.</summary>
    private static async Task<Redirect> GoOnAsync(AccountForm form, LinkShortApi api, Flash flash, string? welcome, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(form.Url))
        {
            if (welcome is not null)
            {
                flash.Set(new FlashMessage(welcome));
            }

            return GoOn(null, form.ReturnUrl);
        }

        var created = await api.CreateLinkAsync(new NewLink(form.Url.Trim(), null, null), cancellationToken);
        if (created.Succeeded(out var link, out var problem))
        {
            flash.Set(new FlashMessage("Your short link is ready.", link.ShortUrl));
            return Redirect.To(ReturnUrl.Default);
        }

        var reason = problem.MessagesOf("url") is [var first, ..] ? first : ProblemText.Message(problem);
        flash.Set(new FlashMessage($"You are signed in, but the link wasn't created: {reason}", IsProblem: true));
        return GoOn(form.Url, null);
    }

    private static Redirect GoOn(string? url, string? returnUrl) => Redirect.To(string.IsNullOrWhiteSpace(url)
        ? ReturnUrl.Checked(returnUrl)
        : "/app/links/new" + QueryString.Create("url", url.Length <= 2048 ? url : url[..2048]));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A visitor signed out, but the API answered {Status} to revoking the tokens.")]
        public static partial void NotRevoked(ILogger logger, int status);

        [LoggerMessage(LogLevel.Warning, "A visitor signed out, but the session store did not answer.")]
        public static partial void NotEnded(ILogger logger, Exception exception);
    }
}
