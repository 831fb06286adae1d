using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>Workspaces' providers and verified domains, links between accounts and subjects, and attempts in progress.</summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261122_06_sso")]
public sealed class SsoTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            -- One provider per workspace. The secret is encrypted with Data Protection's key ring.
            create table sso_connections (
                workspace_id  uuid primary key references workspaces (id) on delete cascade,
                issuer        text not null,
                client_id     text not null,
                client_secret bytea,
                just_in_time  boolean not null,
                default_role  text not null check (default_role in ('admin', 'member', 'viewer')),
                role_claim    text,
                roles         jsonb not null,
                accept_mfa    boolean not null,
                enforced      boolean not null,
                created_at    timestamptz not null,
                updated_at    timestamptz not null,
                version       bigint not null default 1
            );

            create table sso_domains (
                workspace_id uuid not null references workspaces (id) on delete cascade,
                domain       text not null, -- ASCII, lower case
                token        text not null,
                created_at   timestamptz not null,
                verified_at  timestamptz,
                primary key (workspace_id, domain)
            );
            -- Many may claim a domain, one can have proved it.
            create unique index sso_domains_proven on sso_domains (domain) where verified_at is not null;

            -- provider: a name in the installation's settings, or a workspace's id. The same subject of the same issuer is somebody else to
            -- another client: what one client was told must not open an account by another one.
            create table sso_identities (
                id             uuid primary key,
                user_id        uuid not null references users (id) on delete cascade,
                provider       text not null,
                workspace_id   uuid references workspaces (id) on delete cascade,
                issuer         text not null,
                subject        text not null,
                email          text,
                linked_at      timestamptz not null,
                last_used_at   timestamptz not null,
                unique (provider, issuer, subject),
                unique (user_id, provider)
            );
            create index sso_identities_workspace on sso_identities (workspace_id) where workspace_id is not null;

            -- A sign-in between leaving for the provider and coming back. Taking it up deletes it.
            create table sso_attempts (
                state_hash   bytea primary key check (length(state_hash) = 32),
                browser_hash bytea not null check (length(browser_hash) = 32),
                provider     text not null,
                secrets      bytea not null, -- nonce and code verifier, encrypted
                user_id      uuid references users (id) on delete cascade, -- who links; null: somebody signs in
                session_id   uuid,
                fresh        boolean not null,
                return_url   text,
                created_at   timestamptz not null,
                expires_at   timestamptz not null
            );
            create index sso_attempts_expires_at on sso_attempts (expires_at);
            create index sso_attempts_user on sso_attempts (user_id);

            -- Which provider vouched.
            alter table sessions add column sso_provider text;
            create index sessions_sso_provider on sessions (sso_provider) where sso_provider is not null;

            -- What was proved before the second factor is asked for, and where the session is to begin.
            alter table login_challenges add column methods text[] not null default '{pwd}';
            alter table login_challenges alter column methods drop default;
            alter table login_challenges add column sso_provider text;
            alter table login_challenges add column workspace_id uuid;
            """);
    }
}
