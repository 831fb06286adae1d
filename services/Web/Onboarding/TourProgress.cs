using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.Web.Api;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Onboarding;

/// <summary>How far a new account has come, by what is really there. What can't be found out now counts as not done.</summary>
/// <param name="FirstLink">To look at its numbers; null without links.</param>
public sealed record Tour(bool HasLink, Guid? FirstLink, bool WasCounted, bool HasInvited, bool HasSecondStep)
{
    public int Done => new[] { HasLink, WasCounted, HasInvited, HasSecondStep }.Count(done => done);

    public const int Steps = 4;

    public bool IsComplete => Done == Steps;
}

/// <summary>
/// Asks the API how far somebody has come. The state itself (open, dismissed, completed) is the profile's; the session remembers it, so
/// that accounts that are done with the tour cost nothing.
/// </summary>
public sealed class TourProgress(LinkShortApi api, SessionRenewal renewal, CurrentSession current)
{
    public const string Open = "open";
    public const string Dismissed = "dismissed";
    public const string Completed = "completed";

    /// <returns>Null: there is no tour to be shown. A complete one is shown this once, and remembered.</returns>
    public async Task<Tour?> FindAsync(CancellationToken cancellationToken)
    {
        if (current.Current is not { Onboarding: null or Open } || (await api.MeAsync(cancellationToken)).Value is not { } profile)
        {
            return null;
        }

        if (profile.Onboarding != Open)
        {
            await NoteAsync(profile.Onboarding ?? Dismissed, cancellationToken);
            return null;
        }

        var (features, links, factors, members, invitations) = (
            api.FeaturesAsync(cancellationToken), api.MostClickedLinkAsync(cancellationToken), api.TwoFactorAsync(cancellationToken),
            api.HasColleaguesAsync(profile.WorkspaceId, cancellationToken), api.HasInvitationsAsync(profile.WorkspaceId, cancellationToken));
        await Task.WhenAll(features, links, factors, members, invitations);
        // Operators can show the tour to some only, or to nobody.
        if (!((await features).Value?.Features.GetValueOrDefault(ProductFeatures.OnboardingTour.Name)?.Enabled ?? ProductFeatures.OnboardingTour.Fallback))
        {
            return null;
        }

        var link = (await links).Value?.Items is [var first, ..] ? first : null;
        var tour = new Tour(
            link is not null, link?.Id, link?.Clicks > 0,
            (await members).Value?.Items.Count > 1 || (await invitations).Value?.Items.Count > 0,
            (await factors).Value?.Enabled == true);
        if (tour.IsComplete)
        {
            await EndAsync(Completed, cancellationToken);
        }

        return tour;
    }

    /// <summary>Never shown again.</summary>
    /// <returns>What the API has against it; null when it is done.</returns>
    public async Task<ApiProblem?> EndAsync(string state, CancellationToken cancellationToken)
    {
        var problem = (await api.SetOnboardingAsync(state, cancellationToken)).Problem;
        if (problem is null)
        {
            await NoteAsync(state, cancellationToken);
        }

        return problem;
    }

    private async Task NoteAsync(string state, CancellationToken cancellationToken)
    {
        try
        {
            await renewal.ChangeAsync(session => session with { Onboarding = state }, cancellationToken);
        }
        catch (Exception e) when (Outages.IsOutage(e))
        {
            // The profile knows it; only the shortcut is lost.
        }
    }
}
