namespace LinkShort.Web.Invitations;

/// <summary>What an invitation is about, as the API tells whoever has its token.</summary>
/// <param name="InvitedBy">Null when the inviter never said a name.</param>
/// <param name="Email">The address that was invited: only its account can accept.</param>
public sealed record InvitationPreview(Guid WorkspaceId, string WorkspaceName, string? InvitedBy, string Email, string Role, DateTimeOffset ExpiresAt);
