using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261122_05_privacy")]
public sealed class PrivacyTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateExportParts();
        migrationBuilder.Sql("""
            -- Every decision stays; the latest of a purpose counts.
            create table consents (
                id         uuid primary key,
                user_id    uuid not null references users (id) on delete cascade,
                purpose    text not null,
                version    text not null,
                granted    boolean not null,
                decided_at timestamptz not null,
                network    text,
                device     text
            );
            create index consents_user on consents (user_id, id desc);

            create table exports (
                id           uuid primary key,
                user_id      uuid not null references users (id) on delete cascade,
                state        text not null check (state in ('collecting', 'ready', 'failed')),
                requested_at timestamptz not null,
                ready_at     timestamptz,
                expires_at   timestamptz not null,
                archive      bytea
            );
            alter table exports alter column archive set storage external;
            create unique index exports_one_at_a_time on exports (user_id) where state = 'collecting';

            create table export_reports (
                export_id uuid not null references exports (id) on delete cascade,
                service   text not null,
                rows      bigint not null,
                primary key (export_id, service)
            );

            -- The receipt. It outlives the person, and knows nothing of them but an id that leads to nobody.
            create table erasures (
                id             uuid primary key,
                user_id        uuid not null,
                receipt_hash   bytea not null unique check (length(receipt_hash) = 32),
                sealed_receipt text, -- until it was mailed
                state          text not null check (state in ('scheduled', 'cancelled', 'erasing', 'completed')),
                requested_at   timestamptz not null,
                due_at         timestamptz not null,
                cancelled_at   timestamptz,
                erased_at      timestamptz,
                completed_at   timestamptz
            );
            create unique index erasures_one_at_a_time on erasures (user_id) where state = 'scheduled';
            create index erasures_due on erasures (due_at) where state = 'scheduled';
            create index erasures_user on erasures (user_id);

            create table erasure_reports (
                erasure_id   uuid not null references erasures (id) on delete cascade,
                service      text not null,
                counts       jsonb not null,
                completed_at timestamptz not null,
                primary key (erasure_id, service)
            );
            """);
    }
}
