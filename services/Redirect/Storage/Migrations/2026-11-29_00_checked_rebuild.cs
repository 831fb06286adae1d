using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261129_00_checked_rebuild")]
public sealed class CheckedRebuild : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            -- Of the running or the last rebuild; outcome is null until it is completed or refused.
            alter table rebuild
                add column forced   boolean not null default false,
                add column listed   bigint not null default 0,
                add column missing  bigint not null default 0,
                add column written  bigint not null default 0,
                add column removed  bigint not null default 0,
                add column outcome  text check (outcome in ('completed', 'refused')),
                add column ended_at timestamptz;

            -- Links with routes that links hasn't listed so far. At the end their routes are removed, either all or none.
            create table rebuild_missing (link_id uuid primary key);
            """);
    }
}
