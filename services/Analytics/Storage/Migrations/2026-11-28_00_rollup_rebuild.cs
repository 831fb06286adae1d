using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261128_00_rollup_rebuild")]
public sealed class AddRollupRebuild : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            -- Days first, then totals; last_workspace is null during the days.
            create table rollup_rebuild (
                id             integer primary key check (id = 1),
                running        boolean not null default false,
                last_day       timestamptz,
                last_workspace uuid,
                last_link      uuid
            );
            insert into rollup_rebuild (id) values (1);

            -- Months before complete_from were dropped. One may exist again, with late clicks only.
            create table raw_clicks (
                id            integer primary key check (id = 1),
                complete_from timestamptz not null default '-infinity'
            );
            insert into raw_clicks (id) values (1);
            """);
    }
}
