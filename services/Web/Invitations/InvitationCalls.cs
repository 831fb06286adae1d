using LinkShort.Web.Invitations;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Api;

/// <summary>The calls of an invited user.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<InvitationPreview>> PreviewInvitationAsync(string token, CancellationToken cancellationToken) =>
        AskAsync<InvitationPreview>(HttpMethod.Post, "/invitations/preview", new { token }, cancellationToken);

    public Task<ApiResult<Workspace>> AcceptInvitationAsync(string token, CancellationToken cancellationToken) =>
        AskAsync<Workspace>(HttpMethod.Post, "/invitations/accept", new { token }, cancellationToken);

    public Task<ApiResult<Done>> DeclineInvitationAsync(string token, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/invitations/decline", new { token }, null, cancellationToken);
}
