using LinkShort.Web.Api;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Viewing;

/// <summary>Renews the token of an operator's view of an account, until the view ends.</summary>
public sealed class ViewingRenewal(LinkShortApi api, SessionRenewal renewal, CurrentSession current, TimeProvider time)
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(60);

    /// <returns>The session with a valid token, or without the view if that has ended.</returns>
    public async Task<WebSession> EnsureFreshAsync(WebSession session, AccountViewing viewing, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // The last token expires with the view.
        if (now < viewing.EndsAt && (viewing.AccessTokenExpiresAt - Early > now || (viewing.AccessTokenExpiresAt > now && viewing.EndsAt - Early <= now)))
        {
            return session;
        }

        var renewed = now < viewing.EndsAt ? await api.RenewViewAsync(viewing.Id, cancellationToken) : ApiProblem.ViewingOver;
        if (renewed.Succeeded(out var view, out var problem))
        {
            await ChangeAsync(AccountViewing.Of(view, viewing.Email, now));
        }
        else if (viewing.AccessTokenExpiresAt <= now || problem.Status is not (>= 500 or 429))
        {
            await ChangeAsync(null);
        }

        return current.Current ?? session;

        Task ChangeAsync(AccountViewing? viewing) => renewal.ChangeAsync(stored => stored with { Viewing = viewing }, cancellationToken);
    }
}
