namespace LinkShort.Contracts;

/// <summary>Something happened to an account that its owner should hear of by mail, whoever did it.</summary>
/// <param name="NoticeId">One mail per id, however often the event arrives.</param>
/// <param name="Email">Where the mail goes: an address change tells the old one too.</param>
/// <param name="Locale">The person's language, e.g. <c>de</c>.</param>
/// <param name="Kind">One of <see cref="SecurityNoticeKinds"/>.</param>
/// <param name="Device">What it was done with, e.g. <c>Firefox, Linux</c>; null when nobody's browser did it.</param>
/// <param name="Network">Where from: IPv4 /24 or IPv6 /48.</param>
/// <param name="Detail">What it was about: the name of an API key, passkey or workspace, an address.</param>
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

/// <summary>Somebody is to show that an address is theirs.</summary>
/// <param name="RequestId">One mail per id.</param>
/// <param name="SealedToken">Goes into the mail's link: SealedText with this event's name as purpose.</param>
public sealed record EmailVerificationRequested(
    Guid RequestId, Guid UserId, string Email, string? Name, string Locale, string SealedToken, DateTimeOffset ExpiresAt);

/// <summary>Somebody forgot the password of an account, or says so.</summary>
/// <param name="SealedToken">See <see cref="EmailVerificationRequested"/>.</param>
public sealed record PasswordResetRequested(
    Guid RequestId, Guid UserId, string Email, string? Name, string Locale, string SealedToken, DateTimeOffset ExpiresAt);

/// <summary>An account is to have another address. There are two of these: each address is asked, with a token of its own.</summary>
/// <param name="RequestId">One mail per id and address.</param>
/// <param name="Email">The address that this mail goes to.</param>
/// <param name="NewEmail">What the account's address is to be.</param>
/// <param name="ToNewAddress">False: the mail goes to the address that the account has now.</param>
/// <param name="SealedToken">See <see cref="EmailVerificationRequested"/>.</param>
public sealed record EmailChangeRequested(
    Guid RequestId, Guid UserId, string Email, string NewEmail, bool ToNewAddress, string? Name, string Locale, string SealedToken, DateTimeOffset ExpiresAt);

/// <summary>Somebody is invited into a workspace. Whoever has the token and the address may come in.</summary>
/// <param name="InviterName">As they want to be called; null when they never said.</param>
/// <param name="Locale">Of the inviter, as nothing is known of who is invited.</param>
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
