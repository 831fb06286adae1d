using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Billing.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_00_billing")]
public sealed class CreateBilling : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateMessagingTables();
        migrationBuilder.AddOutboxTraceState();
        migrationBuilder.AddOutboxAttempts();
        migrationBuilder.CreateExportParts();
        migrationBuilder.CreateDeletionClock();
        migrationBuilder.CreateWorkspaceErasureTable();
        migrationBuilder.Sql("""
            -- The plan of each workspace that ever had another than the default one, as it was last published.
            create table current_plans (
                workspace_id uuid primary key,
                plan         text not null,
                source       text not null,
                entitlements jsonb not null,
                version      bigint not null,
                changed_at   timestamptz not null
            );

            create table default_plan (
                id           integer primary key check (id = 1),
                entitlements jsonb not null,
                version      bigint not null
            );

            -- Plans that operators gave by hand.
            create table plan_grants (
                workspace_id uuid primary key,
                plan         text not null,
                reason       text not null,
                ends_at      timestamptz,
                granted_by   uuid not null,
                granted_at   timestamptz not null
            );
            create index plan_grants_ends_at on plan_grants (ends_at) where ends_at is not null;

            create table usage (
                workspace_id uuid not null,
                month        date not null,
                metric       text not null,
                value        bigint not null,
                version      bigint not null,
                primary key (workspace_id, month, metric)
            );
            """);
    }
}
