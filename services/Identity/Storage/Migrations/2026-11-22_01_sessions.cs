using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>How, when and where sessions were started; and revoked access tokens.</summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261122_01_sessions")]
public sealed class SessionTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            -- Sessions from before this began with a password: there was nothing else.
            alter table sessions add column methods text[] not null default '{pwd}';
            alter table sessions alter column methods drop default;
            alter table sessions add column authenticated_at timestamptz;
            -- every workspace: the sessions of all of them began with a password
            update sessions set authenticated_at = created_at;
            alter table sessions alter column authenticated_at set not null;
            alter table sessions add column browser text;
            alter table sessions add column os text;
            alter table sessions add column device text;
            -- IPv4 /24 or IPv6 /48, never an address.
            alter table sessions add column network text;
            alter table sessions add column country text;
            alter table sessions add column city text;

            -- xact orders rows by when they can be seen: a reader goes on from the oldest transaction that was still open.
            create table revocations (
                id            uuid primary key,
                kind          text not null,
                subject       text not null,
                issued_before timestamptz not null,
                ends_at       timestamptz not null,
                xact          xid8 not null default pg_current_xact_id()
            );
            create index revocations_xact on revocations (xact);
            create index revocations_ends_at on revocations (ends_at);
            """);
    }
}
