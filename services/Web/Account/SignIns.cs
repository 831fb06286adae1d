using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Account;

/// <summary>Starts the web app's session after any way of signing in.</summary>
public sealed class SignIns(LinkShortApi api, SessionStore sessions, CurrentSession current, TimeProvider time)
{
    /// <param name="email">As entered; null without one.</param>
    public async Task StartAsync(HttpContext context, Tokens tokens, string? email, CancellationToken cancellationToken)
    {
        // Always a new id, so that an id planted before the sign-in is worthless.
        if (SessionCookie.Read(context) is { } old)
        {
            await sessions.EndAsync(old);
        }

        var session = SessionRenewal.WithTokens(new WebSession(email ?? "", null, "", "", default, time.GetUtcNow()) { Subject = Guid.CreateVersion7(time.GetUtcNow()).ToString() }, tokens, time.GetUtcNow());
        current.Current = session;
        // For display only: if it isn't available now, pages load it later.
        if ((await api.MeAsync(cancellationToken)).Value is { } profile)
        {
            session = session.With(profile);
            Viewer.KeepTheme(context, profile.Theme);
            if (Language.Find(profile.Locale) is { } language)
            {
                // So that the pages stay in it after signing out.
                Viewer.KeepLanguage(context, language);
            }
        }

        var id = await sessions.StartAsync(session);
        SessionCookie.Write(context, id);
        (current.Current, current.Id) = (session, id);
    }
}
