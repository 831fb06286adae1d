using LinkShort.Web.Team;

namespace LinkShort.Web.Api;

/// <summary>Members and invitations of a workspace.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<PageOf<Member>>> ListMembersAsync(Guid workspaceId, string? cursor, CancellationToken cancellationToken) =>
        AskAsync<PageOf<Member>>(HttpMethod.Get, $"/workspaces/{workspaceId}/members" + Query(("limit", "200"), ("cursor", cursor)), null, cancellationToken);

    public Task<ApiResult<Done>> ChangeRoleAsync(Guid workspaceId, Guid userId, string role, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Patch, $"/workspaces/{workspaceId}/members/{userId}", new { role }, null, cancellationToken);

    /// <summary>With the caller's own id: leaves the workspace.</summary>
    public Task<ApiResult<Done>> RemoveMemberAsync(Guid workspaceId, Guid userId, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/workspaces/{workspaceId}/members/{userId}", null, null, cancellationToken);

    public Task<ApiResult<PageOf<PendingInvitation>>> ListInvitationsAsync(Guid workspaceId, CancellationToken cancellationToken) =>
        AskAsync<PageOf<PendingInvitation>>(HttpMethod.Get, $"/workspaces/{workspaceId}/invitations?limit=200", null, cancellationToken);

    public Task<ApiResult<PendingInvitation>> InviteAsync(Guid workspaceId, string email, string role, CancellationToken cancellationToken) =>
        AskAsync<PendingInvitation>(HttpMethod.Post, $"/workspaces/{workspaceId}/invitations", new { email, role }, cancellationToken);

    public Task<ApiResult<PendingInvitation>> ResendInvitationAsync(Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        AskAsync<PendingInvitation>(HttpMethod.Post, $"/workspaces/{workspaceId}/invitations/{id}/resend", null, cancellationToken);

    public Task<ApiResult<Done>> WithdrawInvitationAsync(Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/workspaces/{workspaceId}/invitations/{id}", null, null, cancellationToken);
}
