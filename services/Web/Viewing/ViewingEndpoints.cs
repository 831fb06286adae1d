using LinkShort.Web.Administration;
using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Viewing;

/// <summary>An operator looks at somebody's account in these pages: what they ask the API goes out with that token.</summary>
/// <param name="Email">Whose account it is.</param>
/// <param name="EndsAt">When the look is over; the token is renewed until then.</param>
public sealed record AccountViewing(Guid Id, string Email, string AccessToken, DateTimeOffset AccessTokenExpiresAt, DateTimeOffset EndsAt)
{
    public static AccountViewing Of(StartedView view, string email, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(view);
        return new AccountViewing(view.Id, email, view.AccessToken, now.AddSeconds(view.ExpiresIn), view.ExpiresAt);
    }
}

public static class ViewingEndpoints
{
    public static void MapViewing(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/app/viewing/stop", StopAsync).RequireAuthorization();

    /// <summary>Over here at once, whatever the API says: the look itself ends within half an hour in any case.</summary>
    public static async Task<IResult> StopAsync(
        CurrentSession current, LinkShortApi api, SessionRenewal renewal, Flash flash, CancellationToken cancellationToken)
    {
        if (current.Current?.Viewing is { } viewing)
        {
            await api.EndViewAsync(viewing.Id, cancellationToken);
            await renewal.ChangeAsync(session => session with { Viewing = null }, cancellationToken);
            flash.Set(new FlashMessage($"You are no longer viewing {viewing.Email}, and back in your own account."));
        }

        return Redirect.To("/app/admin/users");
    }
}
