using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>Second factors and passkeys. They belong to a user, not to a workspace.</summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261122_03_factors")]
public sealed class FactorTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            -- An authenticator app (RFC 6238). The secret is encrypted with Data Protection's key ring.
            create table authenticators (
                user_id    uuid primary key references users (id) on delete cascade,
                secret     bytea not null,
                created_at timestamptz not null,
                enabled_at timestamptz,
                last_step  bigint not null
            );

            create table recovery_codes (
                user_id    uuid not null references users (id) on delete cascade,
                code_hash  bytea not null check (length(code_hash) = 32),
                created_at timestamptz not null,
                used_at    timestamptz,
                primary key (user_id, code_hash)
            );

            -- Codes tried since the last right one, and until when no further one is looked at.
            create table factor_attempts (
                user_id       uuid primary key references users (id) on delete cascade,
                tried         integer not null,
                blocked_until timestamptz
            );

            -- The password was right, the second factor is still to come.
            create table login_challenges (
                token_hash     bytea primary key check (length(token_hash) = 32),
                user_id        uuid not null references users (id) on delete cascade,
                security_stamp text not null,
                passkey_state  text,
                created_at     timestamptz not null,
                expires_at     timestamptz not null,
                tries          integer not null,
                used_at        timestamptz
            );
            create index login_challenges_user on login_challenges (user_id);
            create index login_challenges_expires_at on login_challenges (expires_at);

            create table trusted_devices (
                id             uuid primary key,
                user_id        uuid not null references users (id) on delete cascade,
                token_hash     bytea not null unique check (length(token_hash) = 32),
                security_stamp text not null,
                name           text,
                network        text,
                created_at     timestamptz not null,
                last_used_at   timestamptz not null,
                expires_at     timestamptz not null
            );
            create index trusted_devices_user on trusted_devices (user_id);
            create index trusted_devices_expires_at on trusted_devices (expires_at);

            -- Credentials of WebAuthn; the public key is in COSE form.
            create table passkeys (
                id              uuid primary key,
                user_id         uuid not null references users (id) on delete cascade,
                credential_id   bytea not null unique check (length(credential_id) <= 1023),
                public_key      bytea not null,
                name            text not null,
                sign_count      bigint not null,
                transports      text[] not null,
                user_verified   boolean not null,
                backup_eligible boolean not null,
                backed_up       boolean not null,
                created_at      timestamptz not null,
                last_used_at    timestamptz
            );
            create index passkeys_user on passkeys (user_id);

            -- What a browser was asked to sign, until it does. Without a user: anybody's passkey may answer.
            create table passkey_challenges (
                challenge_hash bytea primary key check (length(challenge_hash) = 32),
                purpose        text not null check (purpose in ('create', 'signIn')),
                user_id        uuid references users (id) on delete cascade,
                email          text,
                state          text not null,
                expires_at     timestamptz not null
            );
            create index passkey_challenges_expires_at on passkey_challenges (expires_at);
            """);
    }
}
