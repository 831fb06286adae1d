using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261122_04_workspaces")]
public sealed class WorkspaceSettingsAndInvitations : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            alter table workspaces
                add column require_two_factor boolean not null default false,
                -- When an owner asked for it, and when it is due. Both or none.
                add column deletion_scheduled_at timestamptz,
                add column erase_after timestamptz,
                add column updated_at timestamptz not null default now(),
                add column version bigint not null default 1,
                add check ((deletion_scheduled_at is null) = (erase_after is null));
            create index workspaces_erase_after on workspaces (erase_after) where erase_after is not null;

            -- Open ones (and expired ones, for a while). What became of the others is in the audit log.
            create table invitations (
                id               uuid primary key,
                workspace_id     uuid not null references workspaces (id) on delete cascade,
                email            text not null,
                normalized_email text not null,
                role             text not null check (role in ('admin', 'member', 'viewer')),
                token_hash       bytea not null unique check (length(token_hash) = 32),
                invited_by       uuid not null references users (id) on delete cascade,
                created_at       timestamptz not null,
                sent_at          timestamptz not null,
                expires_at       timestamptz not null,
                unique (workspace_id, normalized_email)
            );
            create index invitations_invited_by on invitations (invited_by);
            create index invitations_expires_at on invitations (expires_at);

            -- Mails of the last day, to count them. No foreign keys: who deletes a workspace starts no new count.
            create table invitation_mails (
                position     bigint generated always as identity primary key,
                workspace_id uuid not null,
                invited_by   uuid not null,
                address_hash bytea not null,
                sent_at      timestamptz not null
            );
            create index invitation_mails_workspace on invitation_mails (workspace_id, sent_at);
            create index invitation_mails_invited_by on invitation_mails (invited_by, sent_at);
            create index invitation_mails_address on invitation_mails (address_hash, sent_at);
            create index invitation_mails_sent_at on invitation_mails (sent_at);
            """);
    }
}
