using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>Suspensions, views of accounts, announcements and feature flags.</summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261122_07_administration")]
public sealed class AdministrationTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            create table user_suspensions (
                user_id      uuid primary key references users (id) on delete cascade,
                reason       text not null,
                suspended_by uuid not null,
                suspended_at timestamptz not null
            );

            -- A row stays when the suspension is over: its version goes on growing.
            create table workspace_suspensions (
                workspace_id uuid primary key references workspaces (id) on delete cascade,
                suspended    boolean not null,
                reason       text not null,
                version      bigint not null,
                changed_at   timestamptz not null
            );

            create table support_consents (
                user_id    uuid primary key references users (id) on delete cascade,
                granted_at timestamptz not null,
                expires_at timestamptz not null
            );

            create table account_views (
                id                  uuid primary key,
                operator_id         uuid not null,
                operator_session_id uuid not null,
                user_id             uuid not null references users (id) on delete cascade,
                workspace_id        uuid not null,
                started_at          timestamptz not null,
                expires_at          timestamptz not null,
                ended_at            timestamptz
            );
            create index account_views_user on account_views (user_id, id desc);
            create index account_views_session on account_views (operator_session_id) where ended_at is null;
            create index account_views_expires_at on account_views (expires_at);

            create table announcements (
                id          uuid primary key,
                texts       jsonb not null, -- language -> text; English always
                level       text not null check (level in ('info', 'warning', 'critical')),
                starts_at   timestamptz not null,
                ends_at     timestamptz,
                dismissible boolean not null,
                created_at  timestamptz not null,
                updated_at  timestamptz not null,
                version     bigint not null
            );
            create index announcements_ends_at on announcements (ends_at);

            create table announcement_dismissals (
                announcement_id uuid not null references announcements (id) on delete cascade,
                user_id         uuid not null references users (id) on delete cascade,
                dismissed_at    timestamptz not null,
                primary key (user_id, announcement_id)
            );
            create index announcement_dismissals_announcement on announcement_dismissals (announcement_id);

            -- A flag that was deleted stays as the revision at which it went.
            create table feature_flags (
                name        text primary key,
                description text not null,
                enabled     boolean not null,
                subject     text not null check (subject in ('user', 'workspace')),
                rules       jsonb not null,
                variants    jsonb not null,
                deleted     boolean not null default false,
                revision    bigint not null,
                updated_at  timestamptz not null
            );
            create index feature_flags_revision on feature_flags (revision desc);
            insert into feature_flags (name, description, enabled, subject, rules, variants, revision, updated_at) values
                ('registrations', 'Strangers can sign up', true, 'user', '[]', '[]', 1, now()),
                ('link-creation', 'Links can be created', true, 'user', '[]', '[]', 2, now()),
                ('onboarding-tour', 'New accounts are shown around', true, 'user', '[]', '[]', 3, now());

            -- Who met what on a day, for comparing variants.
            create table feature_exposures (
                flag         text not null,
                day          date not null,
                user_id      uuid not null references users (id) on delete cascade,
                workspace_id uuid not null,
                variant      text not null,
                first_at     timestamptz not null,
                primary key (flag, day, user_id, workspace_id, variant)
            );
            create index feature_exposures_user on feature_exposures (user_id);
            create index feature_exposures_day on feature_exposures (day);

            -- Operators look for parts of addresses and names among a great many.
            create extension if not exists pg_trgm;
            create index users_search on users using gin (normalized_email gin_trgm_ops, lower(name) gin_trgm_ops);
            create index workspaces_search on workspaces using gin (lower(name) gin_trgm_ops);
            """);
    }
}
