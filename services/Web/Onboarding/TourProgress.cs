using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.Web.Api;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Onboarding;

/// <summary>A new account's progress, by its actual data. Steps that can't be checked count as open.</summary>
/// <param name="FirstLink">To view its analytics; null without links.</param>
/// <param name="MayInvite">Otherwise inviting isn't a step.</param>
public sealed record Tour(bool HasLink, Guid? FirstLink, bool WasCounted, bool MayInvite, bool HasInvited, bool HasSecondStep)
{
    public int Done => new[] { HasLink, WasCounted, MayInvite && HasInvited, HasSecondStep }.Count(done => done);

    public int Steps => MayInvite ? 4 : 3;

    public bool IsComplete => Done == Steps;
}

/// <summary>
/// Determines the progress of the tour from the API. Its state (open, dismissed, completed) is part of the profile; the session caches
/// it, so that accounts that have finished the tour cost nothing.
/// </summary>
public sealed class TourProgress(LinkShortApi api, SessionRenewal renewal, CurrentSession current, ActiveWorkspace active)
{
    public const string Open = "open";
    public const string Dismissed = "dismissed";
    public const string Completed = "completed";

    /// <returns>Null if no tour is shown. A completed one is shown once more, and stored.</returns>
    public async Task<Tour?> FindAsync(CancellationToken cancellationToken)
    {
        // Who may not create links here has nothing to start with.
        if (current.Current is not { Onboarding: null or Open } || !active.MayChange(Permissions.LinksWrite) || (await api.MeAsync(cancellationToken)).Value is not { } profile)
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
        // Operators can enable the tour for some users only, or for nobody.
        if (!((await features).Value?.Features.GetValueOrDefault(ProductFeatures.OnboardingTour.Name)?.Enabled ?? ProductFeatures.OnboardingTour.Fallback))
        {
            return null;
        }

        var link = (await links).Value?.Items is [var first, ..] ? first : null;
        var tour = new Tour(
            link is not null, link?.Id, link?.Clicks > 0, active.MayChange(Permissions.MembersManage),
            (await members).Value?.Items.Count > 1 || (await invitations).Value?.Items.Count > 0,
            (await factors).Value?.Enabled == true);
        if (tour.IsComplete)
        {
            await EndAsync(Completed, cancellationToken);
        }

        return tour;
    }

    /// <summary>Never shown again.</summary>
    /// <returns>The API's problem; null on success.</returns>
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
            // The profile has the state; only the cached copy is lost.
        }
    }
}
