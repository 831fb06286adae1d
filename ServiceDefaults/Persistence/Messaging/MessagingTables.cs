using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.ServiceDefaults.Messaging;

public static class MessagingTables
{
    /// <summary>Creates <c>outbox</c> and <c>inbox</c>; call it in a service's first migration.</summary>
    public static void CreateMessagingTables(this MigrationBuilder migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        migration.Sql("""
            create table outbox (
                position     bigint generated always as identity primary key,
                message_id   uuid not null,
                type         text not null,
                body         jsonb not null,
                trace_parent text,
                created_at   timestamptz not null default now()
            );
            create table inbox (
                message_id   uuid not null,
                consumer     text not null,
                handled_at   timestamptz not null default now(),
                primary key (message_id, consumer)
            );
            create index inbox_handled_at on inbox (handled_at);
            """);
    }

    /// <summary>Adds the trace's vendor data (W3C <c>tracestate</c>) to events; call it in a later migration.</summary>
    public static void AddOutboxTraceState(this MigrationBuilder migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        migration.Sql("alter table outbox add column trace_state text;");
    }

    /// <summary>Adds retries and parking of single events, so that they don't hold up others; call it in a later migration.</summary>
    public static void AddOutboxAttempts(this MigrationBuilder migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        migration.Sql("""
            alter table outbox
                add column attempts        integer not null default 0,
                add column next_attempt_at timestamptz not null default now(),
                add column parked_at       timestamptz,
                add column parked_because  text;
            create index outbox_due on outbox (next_attempt_at, position) where parked_at is null;
            create index outbox_parked on outbox (position) where parked_at is not null;
            """);
    }
}
