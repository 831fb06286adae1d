using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_06_click_limits")]
public sealed class AddClickLimits : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql("""
            -- How long single clicks of each workspace are kept where plans limit it: docs/adr, "Plans delete single clicks by month".
            create table click_limits (
                workspace_id  uuid primary key,
                days          int not null,                                  -- in force
                plan_days     int not null,                                  -- of the plan; days follows when it is longer, or after 30 days
                since         timestamptz not null,                          -- of plan_days
                complete_from timestamptz not null default '-infinity',      -- clicks before it are being deleted, or were: rollups are not computed from them
                purged_before timestamptz not null                           -- all clicks before it were deleted
            );
            alter table raw_clicks add column purged_at timestamptz;
            """);
}
