namespace LinkShort.Web.Invitations;

/// <summary>An invitation, for anyone with its token.</summary>
/// <param name="InvitedBy">Null if the inviter has no name.</param>
/// <param name="Email">The invited address: only its account can accept.</param>
public sealed record InvitationPreview(Guid WorkspaceId, string WorkspaceName, string? InvitedBy, string Email, string Role, DateTimeOffset ExpiresAt);
