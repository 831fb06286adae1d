using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Account;

/// <summary>Begins the web app's session, whichever way somebody proved who they are.</summary>
public sealed class SignIns(LinkShortApi api, SessionStore sessions, CurrentSession current, TimeProvider time)
{
    /// <param name="email">As it was typed; null where none was.</param>
    public async Task StartAsync(HttpContext context, Tokens tokens, string? email, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        // Always a new id: one that somebody planted before the sign-in is worth nothing after it.
        if (SessionCookie.Read(context) is { } old)
        {
            await sessions.EndAsync(old);
        }

        var session = SessionRenewal.WithTokens(new WebSession(email ?? "", null, "", "", default, time.GetUtcNow()) { Subject = Guid.CreateVersion7(time.GetUtcNow()).ToString() }, tokens, time.GetUtcNow());
        current.Current = session;
        // Only to show: when it can't be had now, pages ask again.
        if ((await api.MeAsync(cancellationToken)).Value is { } profile)
        {
            session = session.With(profile);
            Viewer.KeepTheme(context, profile.Theme);
        }

        var id = await sessions.StartAsync(session);
        SessionCookie.Write(context, id);
        (current.Current, current.Id) = (session, id);
    }
}
