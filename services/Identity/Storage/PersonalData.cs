using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Storage;

/// <summary>What identitydb holds about people. The order is that of erasing: what is looked up by the account comes before the account.</summary>
public static class PersonalData
{
    private const string OfUser = "user_id = @UserId";
    private const string OfAddress = "normalized_email = (select u.normalized_email from users u where u.id = @UserId)";
    private const string Secrets = "Secrets and their hashes open accounts; they say nothing else about anybody.";

    private static readonly ErasureRule WithAccount = ErasureRule.Otherwise("deleted with the account (foreign key)");

    public static readonly DataMap Map = new("identity",
    [
        new("sessions", "Sign-ins: when, how, from which kind of device, network and place", LegalBasis.LegitimateInterest, "Seeing and ending one's sessions; noticing strangers", "90 days at the most, 14 unused")
        {
            Subject = OfUser,
            Exported = "id user_id workspace_id created_at last_used_at expires_at revoked_at methods authenticated_at sso_provider browser os device network country city",
            Erased = WithAccount,
        },
        new("refresh_tokens", "Hashes of refresh tokens", LegalBasis.Contract, "Staying signed in", "until they would have expired unused")
        {
            Neutral = "token_hash session_id created_at expires_at used_at",
            Erased = ErasureRule.Otherwise("deleted with the session"),
        },
        new("known_origins", "Where somebody signed in from before", LegalBasis.LegitimateInterest, "Telling people of sign-ins from elsewhere", "180 days after the last one")
        {
            Subject = OfUser,
            Exported = "user_id network browser os country first_seen_at last_seen_at",
            Erased = WithAccount,
        },
        new("lockout_notices", "When somebody was last told that their account was locked", LegalBasis.LegitimateInterest, "One mail, not a thousand", "until the account is erased")
        {
            Subject = OfUser,
            Exported = "user_id told_at",
            Erased = WithAccount,
        },
        new("email_verifications", "That a mail went out to verify an address", LegalBasis.Contract, "Verifying addresses", "until it expires")
        {
            Subject = OfUser,
            Exported = "user_id normalized_email created_at expires_at used_at",
            Withheld = "token_hash",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("password_resets", "That a mail went out to set a new password", LegalBasis.Contract, "Forgotten passwords", "until it expires")
        {
            Subject = OfUser,
            Exported = "user_id normalized_email created_at expires_at used_at",
            Withheld = "token_hash",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("email_changes", "Changes of an account's address that wait for confirmation", LegalBasis.Contract, "Changing the address", "until it expires")
        {
            Subject = OfUser,
            Exported = "id user_id new_email normalized_email old_confirmed_at new_confirmed_at created_at expires_at ended_at",
            Withheld = "old_token_hash new_token_hash",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("mail_wishes", "Addresses that somebody asked a mail for", LegalBasis.Contract, "The same answer whether or not there is an account", "minutes")
        {
            Subject = OfAddress,
            Exported = "id kind normalized_email created_at",
            Erased = ErasureRule.Delete,
        },
        new("throttles", "How often something was tried, under keyed hashes", LegalBasis.LegitimateInterest, "Stopping who guesses passwords", "hours")
        {
            Neutral = "key level strikes counted_at blocked_until refused forgotten_at",
        },
        new("revocations", "Access that was taken back", LegalBasis.LegitimateInterest, "Refusing tokens at once", "minutes")
        {
            Withheld = "subject",
            WithheldBecause = "Ids alone, for minutes.",
            Neutral = "id kind issued_before ends_at xact",
            Erased = ErasureRule.Otherwise("gone within minutes"),
        },
        new("authenticators", "That an authenticator app is set up; its secret encrypted", LegalBasis.Contract, "Two factors", "until two factors are switched off")
        {
            Subject = OfUser,
            Exported = "user_id created_at enabled_at",
            Withheld = "secret last_step",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("recovery_codes", "Hashes of recovery codes", LegalBasis.Contract, "Two factors", "until new ones are made, or two factors are switched off")
        {
            Subject = OfUser,
            Exported = "user_id created_at used_at",
            Withheld = "code_hash",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("factor_attempts", "How often a wrong code was tried", LegalBasis.LegitimateInterest, "Stopping who guesses codes", "until the next right one")
        {
            Subject = OfUser,
            Exported = "user_id tried blocked_until",
            Erased = WithAccount,
        },
        new("login_challenges", "Sign-ins whose second factor is still to come", LegalBasis.Contract, "Two factors", "minutes")
        {
            Subject = OfUser,
            Exported = "user_id created_at expires_at tries used_at methods sso_provider workspace_id",
            Withheld = "token_hash security_stamp passkey_state",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("trusted_devices", "Devices that aren't asked for a second factor", LegalBasis.Contract, "Two factors", "until they expire")
        {
            Subject = OfUser,
            Exported = "id user_id name network created_at last_used_at expires_at",
            Withheld = "token_hash security_stamp",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("passkeys", "Passkeys: what they are called, and their public keys", LegalBasis.Contract, "Signing in", "until removed")
        {
            Subject = OfUser,
            Exported = "id user_id credential_id public_key name sign_count transports user_verified backup_eligible backed_up created_at last_used_at",
            Erased = WithAccount,
        },
        new("passkey_challenges", "What a browser was asked to sign", LegalBasis.Contract, "Signing in", "minutes")
        {
            Subject = $"{OfUser} or lower(email) = (select lower(u.email) from users u where u.id = @UserId)",
            Exported = "purpose user_id email expires_at",
            Withheld = "challenge_hash state",
            WithheldBecause = Secrets,
            Erased = ErasureRule.Delete,
        },
        new("api_keys", "API keys: what they are called and may do, never the keys", LegalBasis.Contract, "Access for programs", "until revoked, or the account is erased")
        {
            Subject = OfUser,
            Exported = "id workspace_id user_id name prefix scopes allowed_networks created_at expires_at last_used_at revoked_at rotated_to",
            Withheld = "key_hash",
            WithheldBecause = Secrets,
            Neutral = "version",
            Erased = WithAccount,
        },
        new("invitations", "Who is invited into a workspace", LegalBasis.Contract, "Working together", "until accepted or refused; a while after they expired")
        {
            Subject = $"invited_by = @UserId or {OfAddress}",
            Exported = "id workspace_id email normalized_email role invited_by created_at sent_at expires_at",
            Withheld = "token_hash",
            WithheldBecause = Secrets,
            Erased = ErasureRule.Delete,
        },
        new("invitation_mails", "How many invitations were sent", LegalBasis.LegitimateInterest, "Stopping spam", "a day")
        {
            Subject = "invited_by = @UserId",
            Exported = "workspace_id invited_by sent_at",
            Withheld = "address_hash",
            WithheldBecause = "Of somebody else's address.",
            Neutral = "position",
            Erased = ErasureRule.Delete,
        },
        new("sso_connections", "Workspaces' sign-in providers; their secrets encrypted", LegalBasis.None, "Single sign-on", "until removed, or the workspace is erased")
        {
            Neutral = "workspace_id issuer client_id client_secret just_in_time default_role role_claim roles accept_mfa enforced created_at updated_at version",
        },
        new("sso_domains", "Domains that workspaces proved", LegalBasis.None, "Single sign-on", "until removed, or the workspace is erased")
        {
            Neutral = "workspace_id domain token created_at verified_at",
        },
        new("sso_identities", "Which sign-in provider knows somebody as whom", LegalBasis.Contract, "Single sign-on", "until disconnected, or the provider is removed")
        {
            Subject = OfUser,
            Exported = "id user_id provider workspace_id issuer subject email linked_at last_used_at",
            Erased = WithAccount,
        },
        new("sso_attempts", "Sign-ins that are under way at a provider", LegalBasis.Contract, "Single sign-on", "minutes")
        {
            Subject = OfUser,
            Exported = "provider user_id session_id fresh return_url created_at expires_at",
            Withheld = "state_hash browser_hash secrets",
            WithheldBecause = Secrets,
            Erased = WithAccount,
        },
        new("members", "Who is what in which workspace", LegalBasis.Contract, "Working together", "until one leaves, or the workspace is erased")
        {
            Subject = OfUser,
            Exported = "workspace_id user_id role joined_at",
            Erased = WithAccount,
        },
        new("workspaces", "Workspaces and what they are called", LegalBasis.Contract, "Working together", "until erased, 30 days after an owner deleted it")
        {
            // every workspace: those that the person is in
            Subject = "id in (select m.workspace_id from members m where m.user_id = @UserId)",
            Exported = "id name plan personal_of require_two_factor deletion_scheduled_at erase_after created_at updated_at version",
            Erased = ErasureRule.Otherwise("those that nobody else is in are deleted with everything in them; others go on"),
        },
        new("consents", "What somebody agreed to, when, from where", LegalBasis.LegalObligation, "Proof of consent", "until the account is erased")
        {
            Subject = OfUser,
            Exported = "id user_id purpose version granted decided_at network device",
            Erased = WithAccount,
        },
        new("exports", "Exports of one's data", LegalBasis.LegalObligation, "Right of access", "7 days (Privacy__ExportRetention)")
        {
            Subject = OfUser,
            Exported = "id user_id state requested_at ready_at expires_at",
            Withheld = "archive",
            WithheldBecause = "It is the export itself.",
            Erased = WithAccount,
        },
        new("export_reports", "Which services are ready with an export", LegalBasis.None, "Right of access", "as long as the export") { Neutral = "export_id service rows" },
        new("erasures", "Receipts of erasures", LegalBasis.LegalObligation, "Proof of erasure; erasing again after a restored backup", "three years (Privacy__ReceiptRetention)")
        {
            Subject = OfUser,
            Exported = "id user_id state requested_at due_at cancelled_at erased_at completed_at",
            Withheld = "receipt_hash sealed_receipt",
            WithheldBecause = Secrets,
            Erased = ErasureRule.Otherwise("stays as proof: the id in it leads to nobody"),
        },
        new("erasure_reports", "How much each service erased", LegalBasis.LegalObligation, "Proof of erasure", "as long as the receipt") { Neutral = "erasure_id service counts completed_at" },
        new("audit_log", "Who did what to what, from which network", LegalBasis.LegitimateInterest, "Security, and finding out what happened", "by plan: 90 days, a year, three years (AuditLog__*)")
        {
            Subject = "actor_id = @UserId or chain = @UserId",
            Exported = "entry_id chain sequence workspace_id actor_kind actor_id api_key_id action target_type target_id at recorded_at before after network user_agent trace_id",
            Neutral = "encoding salt details_erased details_digest previous_hash hash",
            Erased = ErasureRule.Otherwise("before, after, network and user agent are taken out; ids stay and lead to nobody (ADR 30)"),
        },
        new("audit_chains", "Ends of the audit log's chains", LegalBasis.LegitimateInterest, "Finding changes of the audit log", "for good")
        {
            Neutral = "chain last_sequence last_hash anchor_sequence anchor_hash",
        },
        new("user_suspensions", "Who is kept out, and why", LegalBasis.LegitimateInterest, "Stopping abuse", "until the account is restored or erased")
        {
            Subject = OfUser,
            Exported = "user_id reason suspended_at",
            Neutral = "suspended_by",
            Erased = WithAccount,
        },
        new("workspace_suspensions", "Which workspaces are out of service, and why", LegalBasis.LegitimateInterest, "Stopping abuse", "as long as the workspace")
        {
            Neutral = "workspace_id suspended reason version changed_at",
            Erased = ErasureRule.Otherwise("deleted with the workspace (foreign key)"),
        },
        new("support_consents", "That operators may look at an account", LegalBasis.Consent, "Help on request", "until it expires or is taken back; a week at the most")
        {
            Subject = OfUser,
            Exported = "user_id granted_at expires_at",
            Erased = WithAccount,
        },
        new("account_views", "When operators looked at an account", LegalBasis.Consent, "Help on request", "a year")
        {
            Subject = OfUser,
            Exported = "id user_id workspace_id started_at expires_at ended_at",
            Neutral = "operator_id operator_session_id",
            Erased = WithAccount,
        },
        new("announcements", "What operators say to everybody", LegalBasis.None, "Telling everybody", "until deleted")
        {
            Neutral = "id texts level starts_at ends_at dismissible created_at updated_at version",
        },
        new("announcement_dismissals", "Which announcements somebody has put away", LegalBasis.Contract, "Not showing them again", "as long as the announcement")
        {
            Subject = OfUser,
            Exported = "announcement_id user_id dismissed_at",
            Erased = WithAccount,
        },
        new("feature_flags", "Which features are on for whom", LegalBasis.LegitimateInterest, "Rolling out features", "until deleted")
        {
            Withheld = "rules",
            WithheldBecause = "Ids alone, of whom an operator names.",
            Neutral = "name description enabled subject variants deleted revision updated_at",
            Erased = ErasureRule.Otherwise("an id in a rule leads to nobody any more"),
        },
        new("feature_exposures", "Who met which variant of a feature on which day", LegalBasis.LegitimateInterest, "Comparing variants", "180 days")
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
        new("users", "Accounts: address, name, language, time zone, theme, state of the tour, password hash", LegalBasis.Contract, "Having an account", "until the account is erased")
        {
            Subject = "id = @UserId",
            Exported = "id email normalized_email email_confirmed name locale time_zone theme onboarding lockout_end access_failed_count created_at updated_at version",
            Withheld = "password_hash security_stamp concurrency_stamp",
            WithheldBecause = Secrets,
            Neutral = "lockout_enabled",
            Erased = ErasureRule.Delete,
        },
    ],
    [
        new("Redis: web sessions", "Address, name and tokens, sealed with a key that only the visitor's cookie completes", "14 days unused, 90 at the most", "its tokens are refused at once; nobody can read what is left, and it expires"),
        new("Redis: tokens of API keys (gateway)", "Access tokens by hash of the key", "a minute", "told by ApiKeyRevoked"),
        new("Logs", "No addresses, mails, tokens or passwords: they are masked before they are written", "as the operator keeps them", "nothing to erase"),
    ]);
}
