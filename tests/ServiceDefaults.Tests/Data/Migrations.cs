using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.ServiceDefaults.Tests.Data;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_00_things")]
public sealed class Things : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.CreateMessagingTables();
        migrationBuilder.AddOutboxTraceState();
        migrationBuilder.AddOutboxAttempts();
        migrationBuilder.CreateIdempotencyTable();
        migrationBuilder.CreateWorkspaceErasureTable();
        migrationBuilder.CreateDeletionClock();
        // Long enough that a second start runs while the first one migrates.
        migrationBuilder.Sql("create table things (position bigint generated always as identity primary key, name text not null); select pg_sleep(0.3)");
    }
}

[DbContext(typeof(MigrationContext))]
[Migration("20261121_01_more")]
public sealed class MoreThings : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        migrationBuilder.Sql("alter table things add column created_at timestamptz not null default now(); insert into things (name) values ('by migration')");
    }
}
