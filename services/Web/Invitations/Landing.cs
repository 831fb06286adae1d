using LinkShort.Web.Api;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Invitations;

/// <summary>Brings a new member to their workspace.</summary>
public sealed class Landing(WorkspaceSwitch to, LinkShortApi api, SessionRenewal renewal, CurrentSession session, Flash flash)
{
    public async Task<IResult> InAsync(Guid workspaceId, string name, string role, CancellationToken cancellationToken)
    {
        if (session.Current is { EmailVerified: not true })
        {
            // The invitation has verified it. Without an answer, the next page asks again.
            var profile = (await api.MeAsync(cancellationToken)).Value;
            await renewal.ChangeAsync(current => profile is null ? current with { EmailVerified = null } : current.With(profile), cancellationToken);
        }

        if (await to.GoAsync(workspaceId, cancellationToken) is { } stayed)
        {
            flash.Warn(stayed.WantsTwoFactors ? "invitations.joinedTwoFactor" : "invitations.joined", ("workspace", name));
            return Redirect.To(stayed.WantsTwoFactors ? "/app/security" : ReturnUrl.Default);
        }

        flash.Say("invitations.welcome", ("workspace", name), ("role", role));
        return Redirect.To(ReturnUrl.Default);
    }
}
