using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Billing.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_03_payment_faults")]
public sealed class AddPaymentFaults : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql("""
            -- How often Stripe failed to create the session: it remembers its failure together with the idempotency key.
            alter table checkouts add column failures integer not null default 0;

            alter table subscriptions
                add column grace_ended boolean not null default false,
                add column cancelled_for_deletion boolean not null default false; -- by the workspace's deletion: resumed with it
            -- every workspace: ends that were handled before there was a flag
            update subscriptions set grace_ended = true where grace_until <= now() and monthly_amount = 0;

            alter table reconciliations
                add column failed  integer not null default 0,
                add column missing integer not null default 0, -- not at Stripe, and kept because they were too many
                add column doubled integer not null default 0; -- workspaces with more than one live subscription

            -- Whether a workspace is going to be deleted, by its last event.
            create table workspace_deletions (
                workspace_id uuid primary key,
                is_scheduled boolean not null,
                version      bigint not null
            );
            """);
}
