using LinkShort.ServiceDefaults.Plans;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Storage;

/// <summary>The personal data in identitydb, in the order of its erasure: rows that are found through the account before the account.</summary>
public static class PersonalData
{
    private const string OfUser = "user_id = @UserId";
    private const string OfAddress = "normalized_email = (select u.normalized_email from users u where u.id = @UserId)";
    private const string Secrets = "Secrets and their hashes give access to accounts and contain no other information.";

    private static readonly ErasureRule WithAccount = ErasureRule.Otherwise("deleted with the account (foreign key)");

    public static readonly DataMap Map = new("identity",
    [
        new("sessions", "Sign-ins: when, how, from which type of device, network and location", LegalBasis.LegitimateInterest, "Viewing and ending your sessions; detecting unknown sign-ins", "at most 90 days, 14 if unused")
        {
            Subject = OfUser,
            Exported = "id user_id workspace_id created_at last_used_at expires_at revoked_at methods authenticated_at own_authenticated_at sso_provider browser os device network country city",
            Erased = WithAccount,
        },
        new("refresh_tokens", "Hashes of refresh tokens", LegalBasis.Contract, "Staying signed in", "until they would have expired if unused")
        {
            Neutral = "token_hash session_id created_at expires_at used_at",
            Erased = ErasureRule.Otherwise("deleted with the session"),
        },
        new("known_origins", "Where a user signed in from before", LegalBasis.LegitimateInterest, "Notifying users of sign-ins from new places", "180 days after the last sign-in")
        {
            Subject = OfUser,
            Exported = "user_id network browser os country first_seen_at last_seen_at",
            Erased = WithAccount,
        },
        new("lockout_notices", "When a user was last notified that their account was locked", LegalBasis.LegitimateInterest, "Sending one email, not a thousand", "until the account is erased")
        {
            Subject = OfUser,
            Exported = "user_id told_at",
            Erased = WithAccount,
        },
        new("email_verifications", "Pending verifications of email addresses", LegalBasis.Contract, "Verifying addresses", "until it expires")
        {
            Subject = OfUser,
            Exported = "user_id normalized_email created_at expires_at used_at",
            Withheld = "token_hash",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("password_resets", "Pending password resets", LegalBasis.Contract, "Forgotten passwords", "until it expires")
        {
            Subject = OfUser,
            Exported = "user_id normalized_email created_at expires_at used_at",
            Withheld = "token_hash",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("email_changes", "Pending email address changes", LegalBasis.Contract, "Changing the email address", "until it expires")
        {
            Subject = OfUser,
            Exported = "id user_id new_email normalized_email old_confirmed_at new_confirmed_at created_at expires_at ended_at",
            Withheld = "old_token_hash new_token_hash",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("mail_wishes", "Email addresses for which an email was requested", LegalBasis.Contract, "The same response whether or not an account exists", "minutes")
        {
            Subject = OfAddress,
            Exported = "id kind normalized_email created_at",
            Erased = ErasureRule.Delete,
        },
        new("throttles", "Numbers of attempts, under keyed hashes", LegalBasis.LegitimateInterest, "Preventing password guessing", "hours")
        {
            Neutral = "key level strikes counted_at blocked_until refused forgotten_at",
        },
        new("revocations", "Revoked access", LegalBasis.LegitimateInterest, "Refusing tokens immediately", "minutes")
        {
            Withheld = "subject",
            WithheldBecause = "Ids alone, for minutes.",
            Neutral = "id kind issued_before ends_at xact",
            Erased = ErasureRule.Otherwise("gone within minutes"),
        },
        new("authenticators", "Authenticator apps; their secrets are encrypted", LegalBasis.Contract, "Two-factor authentication", "until two-factor authentication is turned off")
        {
            Subject = OfUser,
            Exported = "user_id created_at enabled_at",
            Withheld = "secret last_step",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("recovery_codes", "Hashes of recovery codes", LegalBasis.Contract, "Two-factor authentication", "until new ones are created, or two-factor authentication is turned off")
        {
            Subject = OfUser,
            Exported = "user_id created_at used_at",
            Withheld = "code_hash",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("factor_attempts", "Numbers of wrong codes", LegalBasis.LegitimateInterest, "Preventing code guessing", "until the next correct code")
        {
            Subject = OfUser,
            Exported = "user_id tried blocked_until",
            Erased = WithAccount,
        },
        new("login_challenges", "Sign-ins that wait for the second factor", LegalBasis.Contract, "Two-factor authentication", "minutes")
        {
            Subject = OfUser,
            Exported = "user_id created_at expires_at tries used_at methods sso_provider workspace_id",
            Withheld = "token_hash security_stamp passkey_state",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("trusted_devices", "Trusted devices, which need no second factor", LegalBasis.Contract, "Two-factor authentication", "until they expire")
        {
            Subject = OfUser,
            Exported = "id user_id name network created_at last_used_at expires_at",
            Withheld = "token_hash security_stamp",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("passkeys", "Passkeys: names and public keys", LegalBasis.Contract, "Signing in", "until removed")
        {
            Subject = OfUser,
            Exported = "id user_id credential_id public_key name sign_count transports user_verified backup_eligible backed_up created_at last_used_at",
            Erased = WithAccount,
        },
        new("passkey_challenges", "Challenges sent to browsers", LegalBasis.Contract, "Signing in", "minutes")
        {
            Subject = $"{OfUser} or lower(email) = (select lower(u.email) from users u where u.id = @UserId)",
            Exported = "purpose user_id email expires_at",
            Withheld = "challenge_hash state",
            WithheldBecause = Secrets,
            Erased = ErasureRule.Delete,
        },
        new("api_keys", "API keys: names and permissions, never the keys", LegalBasis.Contract, "Access for programs", "until revoked, or the account is erased")
        {
            Subject = OfUser,
            Exported = "id workspace_id user_id name prefix scopes allowed_networks created_at expires_at last_used_at revoked_at rotated_to",
            Withheld = "key_hash",
            WithheldBecause = Secrets,
            Neutral = "version",
            Erased = WithAccount,
        },
        new("invitations", "Invitations to workspaces", LegalBasis.Contract, "Working together", "until accepted, declined or some time after they expired")
        {
            Subject = $"invited_by = @UserId or {OfAddress}",
            Exported = "id workspace_id email normalized_email role invited_by created_at sent_at expires_at",
            Withheld = "token_hash",
            WithheldBecause = Secrets,
            Erased = ErasureRule.Delete,
        },
        new("invitation_mails", "Numbers of invitations sent", LegalBasis.LegitimateInterest, "Preventing spam", "a day")
        {
            Subject = "invited_by = @UserId",
            Exported = "workspace_id invited_by sent_at",
            Withheld = "address_hash",
            WithheldBecause = "About someone else's email address.",
            Neutral = "position",
            Erased = ErasureRule.Delete,
        },
        new("sso_connections", "Workspaces' sign-in providers; their secrets are encrypted", LegalBasis.None, "Single sign-on", "until removed, or the workspace is erased")
        {
            Neutral = "workspace_id issuer client_id client_secret just_in_time default_role role_claim roles accept_mfa enforced created_at updated_at version",
        },
        new("sso_domains", "Domains that workspaces verified", LegalBasis.None, "Single sign-on", "until removed, or the workspace is erased")
        {
            Neutral = "workspace_id domain token created_at verified_at",
        },
        new("sso_identities", "Connected accounts at sign-in providers", LegalBasis.Contract, "Single sign-on", "until disconnected, or the provider is removed")
        {
            Subject = OfUser,
            Exported = "id user_id provider workspace_id issuer subject email linked_at last_used_at",
            Erased = WithAccount,
        },
        new("sso_attempts", "Sign-ins in progress at a provider", LegalBasis.Contract, "Single sign-on", "minutes")
        {
            Subject = OfUser,
            Exported = "provider user_id session_id fresh return_url created_at expires_at",
            Withheld = "state_hash browser_hash secrets",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("members", "Members of workspaces and their roles", LegalBasis.Contract, "Working together", "until the member leaves, or the workspace is erased")
        {
            Subject = OfUser,
            Exported = "workspace_id user_id role joined_at",
            Erased = WithAccount,
        },
        new("workspaces", "Workspaces and their names", LegalBasis.Contract, "Working together", "until erased, 30 days after an owner deleted it")
        {
            // every workspace: those of the user
            Subject = "id in (select m.workspace_id from members m where m.user_id = @UserId)",
            Exported = "id name plan api_limit_factor personal_of require_two_factor deletion_scheduled_at erase_after created_at updated_at version",
            Erased = ErasureRule.Otherwise("those without other members are deleted with everything in them; others stay"),
        },
        new("member_counts", "How many members each workspace has", LegalBasis.None, "Usage", "until the workspace is erased")
        {
            Neutral = "workspace_id month members",
        },
        WorkspacePlans.Table,
        new("consents", "Consents: what was agreed to, when and from where", LegalBasis.LegalObligation, "Proof of consent", "until the account is erased")
        {
            Subject = OfUser,
            Exported = "id user_id purpose version granted decided_at network device",
            Erased = WithAccount,
        },
        new("exports", "Data exports", LegalBasis.LegalObligation, "Right of access", "7 days (Privacy__ExportRetention)")
        {
            Subject = OfUser,
            Exported = "id user_id state requested_at ready_at expires_at",
            Withheld = "archive",
            WithheldBecause = "It is the export itself.",
            Erased = WithAccount,
        },
        new("export_reports", "Which services have completed their part of an export", LegalBasis.None, "Right of access", "as long as the export") { Neutral = "export_id service rows" },
        new("erasures", "Receipts of erasures", LegalBasis.LegalObligation, "Proof of erasure; erasing again after a restored backup", "three years (Privacy__ReceiptRetention)")
        {
            Subject = OfUser,
            Exported = "id user_id state requested_at due_at cancelled_at erased_at completed_at",
            Withheld = "receipt_hash sealed_receipt",
            WithheldBecause = Secrets,
            Erased = ErasureRule.Otherwise("stays as proof: its id can't be traced to a person"),
        },
        new("erasure_reports", "How much each service erased", LegalBasis.LegalObligation, "Proof of erasure", "as long as the receipt") { Neutral = "erasure_id service counts completed_at" },
        new("audit_log", "Audit log: who did what, and from which network", LegalBasis.LegitimateInterest, "Security and investigating incidents", "by plan: 90 days, a year, three years (AuditLog__*)")
        {
            Subject = "actor_id = @UserId or chain = @UserId",
            Exported = "entry_id chain sequence workspace_id actor_kind actor_id api_key_id action target_type target_id at recorded_at before after network user_agent trace_id",
            Neutral = "encoding salt details_erased details_digest previous_hash hash",
            Erased = ErasureRule.Otherwise("before, after, network and user agent are removed; ids stay but can't be traced to a person (ADR 30)"),
        },
        new("audit_chains", "Ends of the audit log's chains", LegalBasis.LegitimateInterest, "Detecting changes to the audit log", "for good")
        {
            Neutral = "chain last_sequence last_hash anchor_sequence anchor_hash",
        },
        new("user_suspensions", "Suspended users and the reasons", LegalBasis.LegitimateInterest, "Preventing abuse", "until the account is restored or erased")
        {
            Subject = OfUser,
            Exported = "user_id reason suspended_at",
            Neutral = "suspended_by",
            Erased = WithAccount,
        },
        new("workspace_suspensions", "Suspended workspaces and the reasons", LegalBasis.LegitimateInterest, "Preventing abuse", "as long as the workspace")
        {
            Neutral = "workspace_id suspended reason version changed_at",
            Erased = ErasureRule.Otherwise("deleted with the workspace (foreign key)"),
        },
        new("support_consents", "Consents to operators viewing an account", LegalBasis.Consent, "Help on request", "until it expires or is withdrawn; at most a week")
        {
            Subject = OfUser,
            Exported = "user_id granted_at expires_at",
            Erased = WithAccount,
        },
        new("account_views", "When operators viewed an account", LegalBasis.Consent, "Help on request", "a year")
        {
            Subject = OfUser,
            Exported = "id user_id workspace_id started_at expires_at ended_at",
            Neutral = "operator_id operator_session_id",
            Erased = WithAccount,
        },
        new("announcements", "Operators' announcements", LegalBasis.None, "Informing all users", "until deleted")
        {
            Neutral = "id texts level starts_at ends_at dismissible created_at updated_at version",
        },
        new("announcement_dismissals", "Dismissed announcements", LegalBasis.Contract, "Not showing them again", "as long as the announcement")
        {
            Subject = OfUser,
            Exported = "announcement_id user_id dismissed_at",
            Erased = WithAccount,
        },
        new("feature_flags", "Feature flags and their rules", LegalBasis.LegitimateInterest, "Rolling out features", "until deleted")
        {
            Withheld = "rules",
            WithheldBecause = "Only ids that an operator lists.",
            Neutral = "name description enabled subject variants deleted revision updated_at",
            Erased = ErasureRule.Otherwise("an id in a rule can no longer be traced to a person"),
        },
        new("feature_exposures", "Which users were exposed to which variant of a feature, by day", LegalBasis.LegitimateInterest, "Comparing variants", "180 days")
        {
            Subject = OfUser,
            Exported = "flag day user_id workspace_id variant first_at",
            Erased = WithAccount,
        },
        new("signing_keys", "Keys that sign access tokens", LegalBasis.None, "Signing in", "31 days") { Neutral = "kid x y private_key created_at signs_from published_until" },
        new("data_protection_keys", "Keys that encrypt other keys", LegalBasis.None, "Encryption", "for good") { Neutral = "position name xml" },
        PersonalDataTables.ExportParts,
        PersonalDataTables.Idempotency,
        PersonalDataTables.DeletionClock,
        PersonalDataTables.Outbox,
        PersonalDataTables.Inbox,
        PersonalDataTables.MigrationHistory,
        new("users", "Accounts: email address, name, language, time zone, theme, onboarding state, password hash", LegalBasis.Contract, "Having an account", "until the account is erased")
        {
            Subject = "id = @UserId",
            Exported = "id email normalized_email email_confirmed name locale time_zone theme onboarding created_at updated_at version",
            Withheld = "password_hash security_stamp concurrency_stamp",
            WithheldBecause = Secrets,
            // Not used since 2026-11-29, and always at their defaults.
            Neutral = "lockout_enabled lockout_end access_failed_count",
            Erased = ErasureRule.Delete,
        },
    ],
    [
        new("Redis: web sessions", "Email address, name and tokens, sealed with a key that only the user's cookie completes", "14 days if unused, at most 90", "its tokens are refused immediately; the rest can't be read, and expires"),
        new("Redis: tokens of API keys (gateway)", "Access tokens by hash of the key", "a minute", "removed on ApiKeyRevoked"),
        new("Logs", "No IP or email addresses, emails, tokens or passwords: they are masked before logs are written", "as long as the operator keeps them", "nothing to erase"),
    ]);
}
