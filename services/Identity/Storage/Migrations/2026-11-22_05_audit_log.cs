using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261122_05_audit_log")]
public sealed class AuditLogTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            -- Where each chain ends, and where what is left of it begins. Its row is the lock of whoever appends.
            create table audit_chains (
                chain            uuid primary key, -- a workspace, a person, or all zeros: the installation
                last_sequence    bigint not null default 0,
                last_hash        bytea not null check (length(last_hash) = 32),
                anchor_sequence  bigint not null default 0, -- the last entry that retention took
                anchor_hash      bytea not null check (length(anchor_hash) = 32)
            );

            -- docs/adr/0030: what is hashed, and how.
            create table audit_log (
                chain           uuid not null references audit_chains (chain),
                sequence        bigint not null, -- 1, 2, 3 … in each chain
                encoding        smallint not null, -- version of what is hashed
                entry_id        uuid not null unique,
                workspace_id    uuid, -- null for what concerns a person or the installation
                actor_kind      text not null,
                actor_id        uuid,
                api_key_id      uuid,
                action          text not null,
                target_type     text not null,
                target_id       text not null,
                trace_id        text,
                at              timestamptz not null,
                recorded_at     timestamptz not null, -- never before that of the entry before
                -- What can be forgotten when a person is erased; the chain hashes only details_digest.
                before          text,
                after           text,
                network         text,
                user_agent      text,
                salt            bytea, -- so that nobody can find out by trying what was forgotten
                details_erased  boolean not null default false,
                details_digest  bytea not null check (length(details_digest) = 32),
                previous_hash   bytea not null check (length(previous_hash) = 32),
                hash            bytea not null check (length(hash) = 32),
                primary key (chain, sequence),
                check (details_erased = (salt is null)),
                check (not details_erased or (before is null and after is null and network is null and user_agent is null))
            );
            create index audit_log_actor on audit_log (actor_id) where actor_id is not null;

            create function audit_log_append_only() returns trigger language plpgsql as $$
            begin
                if tg_op = 'DELETE' and current_setting('linkshort.audit_log', true) = 'retention' then
                    return old;
                end if;
                if tg_op = 'UPDATE' and current_setting('linkshort.audit_log', true) = 'erasure' and new.details_erased
                    and (new.chain, new.sequence, new.encoding, new.entry_id, new.workspace_id, new.actor_kind, new.actor_id, new.api_key_id,
                         new.action, new.target_type, new.target_id, new.trace_id, new.at, new.recorded_at, new.details_digest,
                         new.previous_hash, new.hash)
                    is not distinct from
                        (old.chain, old.sequence, old.encoding, old.entry_id, old.workspace_id, old.actor_kind, old.actor_id, old.api_key_id,
                         old.action, old.target_type, old.target_id, old.trace_id, old.at, old.recorded_at, old.details_digest,
                         old.previous_hash, old.hash) then
                    return new;
                end if;
                raise exception 'The audit log is append-only: % refused.', lower(tg_op) using errcode = 'insufficient_privilege';
            end $$;
            create trigger audit_log_append_only before update or delete on audit_log
                for each row execute function audit_log_append_only();
            create trigger audit_log_no_truncate before truncate on audit_log
                for each statement execute function audit_log_append_only();

            create function audit_chains_keep() returns trigger language plpgsql as $$
            begin
                if tg_op = 'UPDATE' and new.chain = old.chain and new.last_sequence >= old.last_sequence and new.anchor_sequence >= old.anchor_sequence then
                    return new;
                end if;
                raise exception 'The head of an audit chain only moves on: % refused.', lower(tg_op) using errcode = 'insufficient_privilege';
            end $$;
            create trigger audit_chains_keep before update or delete on audit_chains
                for each row execute function audit_chains_keep();
            """);
    }
}
