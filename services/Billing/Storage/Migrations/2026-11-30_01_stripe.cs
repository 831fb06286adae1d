using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Billing.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_01_stripe")]
public sealed class AddStripe : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateIdempotencyTable();
        migrationBuilder.Sql("""
            -- Stripe's customer of each workspace that ever wanted to buy. What Stripe calls a customer belongs to the workspace that is named here, whatever its metadata says.
            create table customers (
                workspace_id  uuid primary key,
                stripe_id     text not null unique,
                email         text not null, -- as Stripe has it
                name          text not null,
                trial_used_at timestamptz,
                created_at    timestamptz not null
            );

            create table checkouts (
                id           uuid primary key, -- also the idempotency key at Stripe
                workspace_id uuid not null,
                user_id      uuid not null,
                plan         text not null,
                interval     text not null,
                promotion    text not null,
                session_id   text unique,
                url          text,
                state        text not null check (state in ('open', 'complete', 'expired')),
                created_at   timestamptz not null,
                asked_at     timestamptz
            );
            create index checkouts_workspace on checkouts (workspace_id, created_at);
            create index checkouts_created_at on checkouts (created_at);

            -- The state of each subscription, as Stripe last answered.
            create table subscriptions (
                id                text primary key,
                workspace_id      uuid not null,
                status            text not null,
                plan              text, -- null for a price that is in no plan
                interval          text not null,
                item_id           text not null,
                price_id          text not null,
                amount            bigint not null, -- per interval, in minor units
                currency          text not null,
                period_start      timestamptz not null,
                period_end        timestamptz not null,
                trial_end         timestamptz,
                cancel_at         timestamptz,
                ended_at          timestamptz,
                schedule_id       text,
                next_plan         text, -- from period_end on, after a downgrade
                next_interval     text,
                past_due_since    timestamptz,
                grace_until       timestamptz,
                dunning_mails     integer not null default 0,
                win_back_at       timestamptz,
                monthly_amount    bigint not null, -- as the ledger has it
                created_at        timestamptz not null,
                fetched_at        timestamptz not null
            );
            create index subscriptions_workspace on subscriptions (workspace_id);
            create index subscriptions_past_due on subscriptions (past_due_since) where past_due_since is not null;
            create index subscriptions_win_back on subscriptions (win_back_at) where win_back_at is not null;

            create table invoices (
                id              text primary key,
                workspace_id    uuid not null,
                subscription_id text,
                number          text,
                status          text not null,
                amount_due      bigint not null,
                amount_paid     bigint not null,
                currency        text not null,
                created_at      timestamptz not null,
                period_start    timestamptz not null,
                period_end      timestamptz not null,
                pdf_url         text,
                payment_url     text,
                fetched_at      timestamptz not null
            );
            create index invoices_workspace on invoices (workspace_id, created_at desc, id desc);

            -- Events that were handled: a second delivery does nothing.
            create table stripe_events (
                id         text primary key,
                type       text not null,
                handled_at timestamptz not null
            );
            create index stripe_events_handled_at on stripe_events (handled_at);

            -- The ledger of recurring revenue: every change of what a subscription brings in per month. Only added to.
            create table revenue_changes (
                position        bigint generated always as identity primary key,
                workspace_id    uuid not null,
                subscription_id text not null,
                kind            text not null check (kind in ('new', 'expansion', 'contraction', 'churned', 'reactivated')),
                plan_before     text,
                plan_after      text,
                amount_before   bigint not null, -- of the workspace, per month, in minor units
                amount_after    bigint not null,
                currency        text not null,
                at              timestamptz not null
            );
            create index revenue_changes_at on revenue_changes (at);
            create index revenue_changes_workspace on revenue_changes (workspace_id, at);

            create table sign_ups (
                workspace_id  uuid primary key,
                registered_at timestamptz not null
            );

            create table reconciliations (
                id           uuid primary key,
                started_at   timestamptz not null,
                completed_at timestamptz,
                listed       integer not null default 0,
                mended       integer not null default 0,
                unknown      integer not null default 0
            );
            """);
    }
}
