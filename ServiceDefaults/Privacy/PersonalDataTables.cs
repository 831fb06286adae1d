using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.ServiceDefaults.Privacy;

public static class PersonalDataTables
{
    /// <summary>The table that <see cref="CreateExportParts"/> creates, for the service's map.</summary>
    public static readonly MappedTable ExportParts = new(
        "export_parts", "This service's part of an export, until it is assembled", LegalBasis.LegalObligation,
        "Right of access", "minutes; a day at the most")
    {
        Subject = "user_id = @UserId",
        Withheld = "user_id body",
        WithheldBecause = "It is the export itself.",
        Neutral = "export_id created_at",
        Erased = ErasureRule.Delete,
    };

    public static readonly MappedTable Outbox = new(
        "outbox", "Events on their way to other services", LegalBasis.Contract, "Telling other services what they need", "until the broker has confirmed them: seconds")
    {
        Withheld = "body",
        WithheldBecause = "Gone within seconds; what it says is in the other tables.",
        Neutral = "position message_id type trace_parent trace_state created_at",
        Erased = ErasureRule.Otherwise("gone within seconds"),
    };

    public static readonly MappedTable Inbox = new(
        "inbox", "Which events were handled", LegalBasis.None, "Handling each event once", "14 days") { Neutral = "message_id consumer handled_at" };

    public static readonly MappedTable MigrationHistory = new(
        "__EFMigrationsHistory", "Which migrations have run", LegalBasis.None, "Upgrades", "for good") { Neutral = "MigrationId ProductVersion" };

    /// <summary>The table that <see cref="Data.DeletionClockExtensions.CreateDeletionClock"/> creates.</summary>
    public static readonly MappedTable DeletionClock = new(
        "deletion_clock", "When the clock was last read, and when it last jumped", LegalBasis.None, "Deleting nothing by a wrong clock", "for good") { Neutral = "id seen_at trusted_from" };

    public static readonly MappedTable WorkspaceErasures = new(
        "workspace_erasures", "Erased workspaces whose late events are swept", LegalBasis.LegalObligation, "Erasure", "eight days") { Neutral = "workspace_id pass next_pass_at" };

    public static readonly MappedTable Idempotency = new(
        "idempotency_keys", "Answers to requests with an Idempotency-Key", LegalBasis.Contract, "Repeated requests do nothing twice", "24 hours")
    {
        Subject = "user_id = @UserId or workspace_id = any(@Workspaces)",
        Withheld = "user_id body headers key request_hash",
        WithheldBecause = "A copy for a day of what the other tables hold.",
        Neutral = "workspace_id route operation_id lock_id locked_until status expires_at",
        Erased = ErasureRule.Delete,
    };

    public static void CreateExportParts(this MigrationBuilder migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        migration.Sql("""
            create table export_parts (
                export_id  uuid primary key,
                user_id    uuid not null,
                body       bytea not null, -- a ZIP: compressed already
                created_at timestamptz not null
            );
            alter table export_parts alter column body set storage external;
            """);
    }
}
