using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>Rate limits that survive restarts, the places that accounts were used from, and the secrets in emails.</summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261122_02_accounts")]
public sealed class AccountTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            -- A keyed hash of what is counted, so that no address rests here.
            create table throttles (
                key           bytea primary key check (length(key) = 16),
                level         double precision not null,
                strikes       integer not null,
                counted_at    timestamptz not null,
                blocked_until timestamptz,
                refused       boolean not null,
                forgotten_at  timestamptz not null
            );
            create index throttles_forgotten_at on throttles (forgotten_at);

            -- Where somebody signed in from before. Unknown parts are empty.
            create table known_origins (
                user_id       uuid not null references users (id) on delete cascade,
                network       text not null,
                browser       text not null,
                os            text not null,
                country       text not null,
                first_seen_at timestamptz not null,
                last_seen_at  timestamptz not null,
                primary key (user_id, network, browser, os)
            );
            create index known_origins_last_seen_at on known_origins (last_seen_at);

            create table lockout_notices (
                user_id uuid primary key references users (id) on delete cascade,
                told_at timestamptz not null
            );

            -- Of the secrets only the SHA-256 is kept.
            create table email_verifications (
                token_hash       bytea primary key check (length(token_hash) = 32),
                user_id          uuid not null references users (id) on delete cascade,
                normalized_email text not null,
                created_at       timestamptz not null,
                expires_at       timestamptz not null,
                used_at          timestamptz
            );
            create index email_verifications_user on email_verifications (user_id);
            create index email_verifications_expires_at on email_verifications (expires_at);

            create table password_resets (
                token_hash       bytea primary key check (length(token_hash) = 32),
                user_id          uuid not null references users (id) on delete cascade,
                normalized_email text not null,
                created_at       timestamptz not null,
                expires_at       timestamptz not null,
                used_at          timestamptz
            );
            create index password_resets_user on password_resets (user_id);
            create index password_resets_expires_at on password_resets (expires_at);

            -- The account's address is asked only if it was verified: then old_confirmed_at is null until it answers.
            create table email_changes (
                id               uuid primary key,
                user_id          uuid not null references users (id) on delete cascade,
                new_email        text not null,
                normalized_email text not null,
                old_token_hash   bytea unique check (length(old_token_hash) = 32),
                new_token_hash   bytea unique check (length(new_token_hash) = 32),
                old_confirmed_at timestamptz,
                new_confirmed_at timestamptz,
                created_at       timestamptz not null,
                expires_at       timestamptz not null,
                ended_at         timestamptz
            );
            create index email_changes_user on email_changes (user_id);
            create index email_changes_expires_at on email_changes (expires_at);

            -- Addresses that somebody asked a mail for, whether or not there is an account: that is looked up later, out of the asker's sight.
            create table mail_wishes (
                id               uuid primary key,
                kind             text not null check (kind in ('verification', 'reset', 'signUp')),
                normalized_email text not null,
                created_at       timestamptz not null
            );
            """);
    }
}
