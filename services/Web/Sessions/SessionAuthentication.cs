using System.Security.Claims;
using System.Text.Encodings.Web;
using LinkShort.ServiceDefaults;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Viewing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace LinkShort.Web.Sessions;

/// <summary>The web app's authentication scheme: a session cookie, and a redirect to the sign-in page without one.</summary>
public sealed partial class SessionAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    SessionStore sessions,
    SessionRenewal renewal,
    ViewingRenewal views,
    CurrentSession current)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Session";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (SessionCookie.Read(Context) is not { } id)
        {
            return AuthenticateResult.NoResult();
        }

        try
        {
            if (await sessions.FindAsync(id) is not { } session)
            {
                SessionCookie.Delete(Context);
                return AuthenticateResult.Fail("The session has ended.");
            }

            var (renewed, reached) = await renewal.EnsureFreshAsync(id, session, Context.RequestAborted);
            if (renewed is null)
            {
                SessionCookie.Delete(Context);
                return AuthenticateResult.Fail("The session was revoked.");
            }

            if (!reached)
            {
                // Neither signed in (the token is invalid) nor signed out (the session may be valid): see the challenge.
                current.ApiIsDown = true;
                return AuthenticateResult.NoResult();
            }

            current.Current = renewed;
            current.Id = id;
            if (renewed.Viewing is { } viewing)
            {
                renewed = await views.EnsureFreshAsync(renewed, viewing, Context.RequestAborted);
            }

            return AuthenticateResult.Success(new AuthenticationTicket(PrincipalOf(renewed), SchemeName));
        }
        catch (Exception e) when (Outages.IsOutage(e))
        {
            Log.StoreIsDown(Logger, e);
            current.StoreIsDown = true;
            return AuthenticateResult.NoResult();
        }
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // The visitor may be signed in: the sign-in page wouldn't help, because it needs the store, too.
        if (current.IsUnknown)
        {
            return ErrorPages.WriteAsync(Context, ApiProblem.Unreachable);
        }

        var back = HttpMethods.IsGet(Request.Method) ? Request.Path + Request.QueryString : "/app";
        return Redirect.To("/app/signin" + QueryString.Create("returnUrl", back)).ExecuteAsync(Context);
    }

    private static ClaimsPrincipal PrincipalOf(WebSession session) => new(new ClaimsIdentity(
        [new Claim("sub", session.Subject ?? session.Email), new Claim("email", session.Viewing?.Email ?? session.Email),
            new Claim("name", session.Viewing?.Email ?? session.Name ?? session.Email)], SchemeName, "name", "role"));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The session store is unavailable.")]
        public static partial void StoreIsDown(ILogger logger, Exception exception);
    }
}

/// <summary>The cookie with the session's id; see <see cref="HostCookie"/>.</summary>
public static class SessionCookie
{
    private const string Name = "linkshort";

    public static string? Read(HttpContext context) => HostCookie.Read(context, Name) is { Length: 43 } id ? id : null;

    public static void Write(HttpContext context, string id)
    {
        // Unused sessions expire earlier in the store; the cookie only has to outlive them.
        HostCookie.Write(context, Name, id, SessionStore.AbsoluteLifetime);
        context.Items[typeof(SessionCookie)] = id;
    }

    /// <summary>The id of the session that this request started.</summary>
    public static string? Started(HttpContext context) => context.Items[typeof(SessionCookie)] as string;

    /// <summary>Deletes the session here and in the store. If the store is down, the session stays until it expires, without its cookie.</summary>
    public static async Task EndAsync(HttpContext context)
    {
        var id = Read(context);
        Delete(context);
        if (id is not null)
        {
            await context.RequestServices.GetRequiredService<SessionStore>().EndAsync(id);
        }
    }

    public static void Delete(HttpContext context) => HostCookie.Delete(context, Name);
}
