using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_00_identity")]
public sealed class IdentityTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateMessagingTables();
        migrationBuilder.Sql("""
            create table users (
                id                  uuid primary key,
                email               text not null,
                normalized_email    text not null constraint users_normalized_email unique,
                email_confirmed     boolean not null,
                password_hash       text,
                security_stamp      text not null,
                concurrency_stamp   text not null,
                lockout_enabled     boolean not null,
                lockout_end         timestamptz,
                access_failed_count integer not null,
                name                text,
                locale              text not null,
                created_at          timestamptz not null,
                updated_at          timestamptz not null,
                version             bigint not null
            );

            create table workspaces (
                id          uuid primary key,
                name        text not null,
                plan        text not null,
                personal_of uuid unique references users (id),
                created_at  timestamptz not null
            );

            create table members (
                workspace_id uuid not null references workspaces (id) on delete cascade,
                user_id      uuid not null references users (id) on delete cascade,
                role         text not null check (role in ('owner', 'admin', 'member', 'viewer')),
                joined_at    timestamptz not null,
                primary key (workspace_id, user_id)
            );
            create index members_user on members (user_id);

            -- One sign-in: the family of all refresh tokens that came out of it.
            create table sessions (
                id           uuid primary key,
                user_id      uuid not null references users (id) on delete cascade,
                workspace_id uuid not null references workspaces (id) on delete cascade,
                created_at   timestamptz not null,
                last_used_at timestamptz not null,
                expires_at   timestamptz not null,
                revoked_at   timestamptz
            );
            create index sessions_user on sessions (user_id);
            create index sessions_expires_at on sessions (expires_at);

            create table refresh_tokens (
                token_hash bytea primary key check (length(token_hash) = 32),
                session_id uuid not null references sessions (id) on delete cascade,
                created_at timestamptz not null,
                expires_at timestamptz not null,
                used_at    timestamptz
            );
            create index refresh_tokens_session on refresh_tokens (session_id);
            create index refresh_tokens_expires_at on refresh_tokens (expires_at);

            create table api_keys (
                id           uuid primary key,
                workspace_id uuid not null references workspaces (id) on delete cascade,
                user_id      uuid not null references users (id) on delete cascade,
                name         text not null,
                key_hash     text not null unique,
                prefix       text not null,
                scopes       text[] not null,
                created_at   timestamptz not null,
                expires_at   timestamptz,
                last_used_at timestamptz,
                revoked_at   timestamptz
            );
            create index api_keys_workspace on api_keys (workspace_id, id desc) where revoked_at is null;

            -- The public half (x, y: base64url, P-256) stays readable when the private one can't be decrypted any more.
            create table signing_keys (
                kid             text primary key,
                x               text not null,
                y               text not null,
                private_key     bytea not null,
                created_at      timestamptz not null,
                signs_from      timestamptz not null,
                published_until timestamptz
            );

            create table data_protection_keys (
                position bigint generated always as identity primary key,
                name     text not null unique,
                xml      text not null
            );
            """);
    }
}
