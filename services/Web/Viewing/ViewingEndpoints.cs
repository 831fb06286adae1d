using LinkShort.Web.Administration;
using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Viewing;

/// <summary>An operator views a user's account in these pages: their API calls use this token.</summary>
/// <param name="Email">The viewed account's.</param>
/// <param name="EndsAt">When the view ends; the token is renewed until then.</param>
public sealed record AccountViewing(Guid Id, string Email, string AccessToken, DateTimeOffset AccessTokenExpiresAt, DateTimeOffset EndsAt)
{
    public static AccountViewing Of(StartedView view, string email, DateTimeOffset now)
    {
        return new AccountViewing(view.Id, email, view.AccessToken, now.AddSeconds(view.ExpiresIn), view.ExpiresAt);
    }
}

public static class ViewingEndpoints
{
    public static void MapViewing(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/app/viewing/stop", StopAsync).RequireAuthorization();

    /// <summary>Ends the view immediately, even if the API fails: it expires there within half an hour anyway.</summary>
    public static async Task<IResult> StopAsync(
        CurrentSession current, LinkShortApi api, SessionRenewal renewal, Flash flash, CancellationToken cancellationToken)
    {
        if (current.Current?.Viewing is { } viewing)
        {
            await api.EndViewAsync(viewing.Id, cancellationToken);
            await renewal.ChangeAsync(session => session with { Viewing = null }, cancellationToken);
            flash.Say("viewing.stopped", ("email", viewing.Email));
        }

        return Redirect.To("/app/admin/users");
    }
}
