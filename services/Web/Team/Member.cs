namespace LinkShort.Web.Team;

/// <summary>Somebody in the workspace, as the API tells it.</summary>
/// <param name="TwoFactor">Told to admins and owners, null for others.</param>
public sealed record Member(Guid UserId, string? Name, string Email, string Role, DateTimeOffset JoinedAt, bool? TwoFactor)
{
    /// <summary>What to call them.</summary>
    public string Shown => string.IsNullOrWhiteSpace(Name) ? Email : Name;
}

/// <summary>Somebody who was invited and hasn't answered.</summary>
public sealed record PendingInvitation(Guid Id, string Email, string Role, Guid InvitedBy, DateTimeOffset SentAt, DateTimeOffset ExpiresAt);
