using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.ServiceDefaults.Privacy;

public static class PersonalDataTables
{
    /// <summary>The table that <see cref="CreateExportParts"/> creates, for the service's map.</summary>
    public static readonly MappedTable ExportParts = new(
        "export_parts", "This service's part of an export, until it is assembled", LegalBasis.LegalObligation,
        "Right of access", "minutes; at most a day")
    {
        Subject = "user_id = @UserId",
        Withheld = "user_id body",
        WithheldBecause = "It is the export itself.",
        Neutral = "export_id created_at",
        Erased = ErasureRule.Delete,
    };

    public static readonly MappedTable Outbox = new(
        "outbox", "Events on their way to other services", LegalBasis.Contract, "Informing other services",
        "until a queue has taken them: seconds; one that this version can't read, until a version that can is started")
    {
        Withheld = "body",
        WithheldBecause = "Deleted within seconds; its content is in the other tables.",
        Neutral = "position message_id type trace_parent trace_state created_at attempts next_attempt_at parked_at parked_because",
        Erased = ErasureRule.Otherwise("deleted within seconds; events that wait for a queue or are parked, when they are published"),
    };

    public static readonly MappedTable Inbox = new(
        "inbox", "Handled events", LegalBasis.None, "Handling each event once", "14 days") { Neutral = "message_id consumer handled_at" };

    public static readonly MappedTable MigrationHistory = new(
        "__EFMigrationsHistory", "Completed migrations", LegalBasis.None, "Upgrades", "for good") { Neutral = "MigrationId ProductVersion" };

    /// <summary>The table that <see cref="Data.DeletionClockExtensions.CreateDeletionClock"/> creates.</summary>
    public static readonly MappedTable DeletionClock = new(
        "deletion_clock", "When the clock was last read, and when it last jumped", LegalBasis.None, "Deleting nothing by a wrong clock", "for good") { Neutral = "id seen_at trusted_from" };

    public static readonly MappedTable WorkspaceErasures = new(
        "workspace_erasures", "Erased workspaces whose late events are deleted", LegalBasis.LegalObligation, "Erasure", "eight days") { Neutral = "workspace_id pass next_pass_at" };

    public static readonly MappedTable Idempotency = new(
        "idempotency_keys", "Responses to requests with an Idempotency-Key", LegalBasis.Contract, "Executing repeated requests only once", "24 hours")
    {
        Subject = "user_id = @UserId or workspace_id = any(@Workspaces)",
        Withheld = "user_id body headers key request_hash",
        WithheldBecause = "A copy, kept for a day, of data in the other tables.",
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
