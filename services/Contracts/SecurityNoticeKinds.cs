namespace LinkShort.Contracts;

/// <summary>
/// The security events that users are notified of by email. notification has a text for each in every language, which a test checks.
/// </summary>
public static class SecurityNoticeKinds
{
    public const string PasswordChanged = "passwordChanged";

    /// <summary>Sent to both addresses. Detail: the new one.</summary>
    public const string EmailChanged = "emailChanged";

    /// <summary>A sign-up with the email address of an existing account.</summary>
    public const string SignUpAttempted = "signUpAttempted";

    /// <summary>From a device or network that the account was not used from before.</summary>
    public const string NewSignIn = "newSignIn";

    public const string LockedOut = "lockedOut";
    public const string TwoFactorEnabled = "twoFactorEnabled";
    public const string TwoFactorDisabled = "twoFactorDisabled";
    public const string RecoveryCodesRegenerated = "recoveryCodesRegenerated";
    public const string RecoveryCodeUsed = "recoveryCodeUsed";

    /// <summary>Detail: the passkey's name.</summary>
    public const string PasskeyAdded = "passkeyAdded";

    /// <summary>Detail: the passkey's name.</summary>
    public const string PasskeyRemoved = "passkeyRemoved";

    /// <summary>Detail: the provider's name.</summary>
    public const string SsoLinked = "ssoLinked";

    /// <summary>Detail: the provider's name.</summary>
    public const string SsoUnlinked = "ssoUnlinked";

    /// <summary>Detail: the key's name.</summary>
    public const string ApiKeyCreated = "apiKeyCreated";

    /// <summary>Detail: the key's name.</summary>
    public const string ApiKeyRevoked = "apiKeyRevoked";

    /// <summary>A refresh token was used twice, so there is a copy of it.</summary>
    public const string SessionReuseDetected = "sessionReuseDetected";

    /// <summary>Detail: the workspace's name. Role: the new one.</summary>
    public const string MemberRoleChanged = "memberRoleChanged";

    /// <summary>Detail: the workspace's name.</summary>
    public const string MemberRemoved = "memberRemoved";

    /// <summary>The person owns the workspace from now on. Detail: its name.</summary>
    public const string OwnershipReceived = "ownershipReceived";

    /// <summary>Detail: the workspace's name.</summary>
    public const string WorkspaceDeletionScheduled = "workspaceDeletionScheduled";

    /// <summary>Detail: the workspace's name.</summary>
    public const string WorkspaceDeletionCancelled = "workspaceDeletionCancelled";

    /// <summary>Detail: the day, <c>2026-12-31</c>.</summary>
    public const string AccountDeletionScheduled = "accountDeletionScheduled";

    public const string AccountDeletionCancelled = "accountDeletionCancelled";

    /// <summary>Raise it before the address is deleted. Detail: the receipt's id.</summary>
    public const string AccountDeleted = "accountDeleted";

    /// <summary>Detail: until when it can be fetched, <c>2026-12-31</c>.</summary>
    public const string ExportReady = "exportReady";

    /// <summary>An operator took the account out of service.</summary>
    public const string AccountSuspended = "accountSuspended";

    public const string AccountRestored = "accountRestored";

    /// <summary>An operator looked at the account, as its owner had allowed.</summary>
    public const string AccountViewed = "accountViewed";

    public static readonly IReadOnlyList<string> All =
    [
        PasswordChanged, EmailChanged, SignUpAttempted, NewSignIn, LockedOut, TwoFactorEnabled, TwoFactorDisabled,
        RecoveryCodesRegenerated, RecoveryCodeUsed, PasskeyAdded, PasskeyRemoved, SsoLinked, SsoUnlinked, ApiKeyCreated, ApiKeyRevoked,
        SessionReuseDetected, MemberRoleChanged, MemberRemoved, OwnershipReceived, WorkspaceDeletionScheduled, WorkspaceDeletionCancelled,
        AccountDeletionScheduled, AccountDeletionCancelled, AccountDeleted, ExportReady, AccountSuspended, AccountRestored, AccountViewed,
    ];
}
