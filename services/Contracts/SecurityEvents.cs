namespace LinkShort.Contracts;

/// <summary>A change of an account that its owner is notified of by email.</summary>
/// <param name="NoticeId">One mail per id, however often the event arrives.</param>
/// <param name="Email">The recipient. A change of the email address is also reported to the old one.</param>
/// <param name="Locale">The person's language, e.g. <c>de</c>.</param>
/// <param name="Kind">One of <see cref="SecurityNoticeKinds"/>.</param>
/// <param name="Device">The browser, e.g. <c>Firefox, Linux</c>; null if there was none.</param>
/// <param name="Network">Where from: IPv4 /24 or IPv6 /48.</param>
/// <param name="Detail">The subject: the name of an API key, passkey or workspace, or an email address.</param>
public sealed record SecurityNoticeRaised(
    Guid NoticeId,
    Guid UserId,
    string Email,
    string? Name,
    string Locale,
    string Kind,
    DateTimeOffset At,
    string? Device,
    string? Network,
    string? Detail)
{
    /// <summary>owner, admin, member or viewer, in notices about membership.</summary>
    public string? Role { get; init; }
}

/// <summary>A user has to confirm an email address.</summary>
/// <param name="RequestId">One mail per id.</param>
/// <param name="SealedToken">The token for the email's link: SealedText with this event's name as purpose.</param>
public sealed record EmailVerificationRequested(
    Guid RequestId, Guid UserId, string Email, string? Name, string Locale, string SealedToken, DateTimeOffset ExpiresAt);

/// <summary>A password reset was requested for an account.</summary>
/// <param name="SealedToken">See <see cref="EmailVerificationRequested"/>.</param>
public sealed record PasswordResetRequested(
    Guid RequestId, Guid UserId, string Email, string? Name, string Locale, string SealedToken, DateTimeOffset ExpiresAt);

/// <summary>A change of the email address was requested. There is one event for each of the two addresses, with its own token.</summary>
/// <param name="RequestId">One mail per id and address.</param>
/// <param name="Email">The recipient of this email.</param>
/// <param name="NewEmail">The requested address.</param>
/// <param name="ToNewAddress">False for the email to the current address.</param>
/// <param name="SealedToken">See <see cref="EmailVerificationRequested"/>.</param>
public sealed record EmailChangeRequested(
    Guid RequestId, Guid UserId, string Email, string NewEmail, bool ToNewAddress, string? Name, string Locale, string SealedToken, DateTimeOffset ExpiresAt);

/// <summary>An invitation to a workspace. Accepting it takes the token and the email address.</summary>
/// <param name="InviterName">Null if the inviter has set no name.</param>
/// <param name="Locale">The inviter's, because the invitee's is unknown.</param>
/// <param name="SealedToken">See <see cref="EmailVerificationRequested"/>.</param>
public sealed record InvitationCreated(
    Guid InvitationId,
    Guid WorkspaceId,
    string WorkspaceName,
    string? InviterName,
    string Email,
    string Role,
    string Locale,
    string SealedToken,
    DateTimeOffset ExpiresAt);
