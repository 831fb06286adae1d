namespace LinkShort.Web.Team;

/// <summary>A member of the workspace.</summary>
/// <param name="TwoFactor">For admins and owners only, null for others.</param>
public sealed record Member(Guid UserId, string? Name, string Email, string Role, DateTimeOffset JoinedAt, bool? TwoFactor)
{
    /// <summary>The name, or else the email address.</summary>
    public string Shown => string.IsNullOrWhiteSpace(Name) ? Email : Name;
}

/// <summary>An open invitation.</summary>
public sealed record PendingInvitation(Guid Id, string Email, string Role, Guid InvitedBy, DateTimeOffset SentAt, DateTimeOffset ExpiresAt);
