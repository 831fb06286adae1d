using System.Collections.Frozen;
using LinkShort.Contracts;
using static LinkShort.Contracts.SecurityNoticeKinds;

namespace LinkShort.Notification.SecurityNotice;

/// <param name="DetailLabel">The key of the label for the event's detail; null if it has none.</param>
/// <param name="IsOwners">Only the account's owner can do it: if they didn't, the account is compromised.</param>
/// <param name="HasAccount">The account still exists and can be opened.</param>
/// <param name="Page">The page of the app that the button opens, after signing in.</param>
/// <param name="Button">The key of the button's label.</param>
public sealed record NoticeForm(
    string Kind, string? DetailLabel = null, bool IsOwners = false, bool HasAccount = true, string Page = "security", string Button = "securityNotice.button");

/// <summary>How the emails about <see cref="SecurityNoticeKinds"/> differ from each other, besides their texts.</summary>
public static class NoticeTable
{
    /// <summary>Label of a detail that is a day.</summary>
    public const string Day = "composing.label.day";

    public static readonly IReadOnlyList<NoticeForm> All =
    [
        new(PasswordChanged, IsOwners: true),
        new(EmailChanged, "composing.label.newAddress", IsOwners: true),
        new(SignUpAttempted),
        new(NewSignIn, IsOwners: true),
        new(LockedOut),
        new(TwoFactorEnabled, IsOwners: true),
        new(TwoFactorDisabled, IsOwners: true),
        new(RecoveryCodesRegenerated, IsOwners: true),
        new(RecoveryCodeUsed, IsOwners: true),
        new(PasskeyAdded, "composing.label.name", IsOwners: true),
        new(PasskeyRemoved, "composing.label.name", IsOwners: true),
        new(SsoLinked, "composing.label.provider", IsOwners: true),
        new(SsoUnlinked, "composing.label.provider", IsOwners: true),
        new(ApiKeyCreated, "composing.label.name", IsOwners: true),
        new(SecurityNoticeKinds.ApiKeyRevoked, "composing.label.name", IsOwners: true),
        new(SessionReuseDetected),
        new(SecurityNoticeKinds.MemberRoleChanged, "composing.label.workspace"),
        new(MemberRemoved, "composing.label.workspace"),
        new(OwnershipReceived, "composing.label.workspace"),
        new(SecurityNoticeKinds.WorkspaceDeletionScheduled, "composing.label.workspace"),
        new(WorkspaceDeletionCancelled, "composing.label.workspace"),
        new(AccountDeletionScheduled, Day, IsOwners: true),
        new(AccountDeletionCancelled, IsOwners: true),
        new(AccountDeleted, "composing.label.receipt", HasAccount: false),
        new(ExportReady, Day, IsOwners: true, Page: "privacy/export", Button: "securityNotice.exportReady.button"),
        new(AccountSuspended, HasAccount: false),
        new(AccountRestored),
        new(AccountViewed),
    ];

    private static readonly FrozenDictionary<string, NoticeForm> ByKind = All.ToFrozenDictionary(notice => notice.Kind, StringComparer.Ordinal);

    public static NoticeForm? Find(string? kind) => kind is null ? null : ByKind.GetValueOrDefault(kind);
}
