using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_05_usage")]
public sealed class IndexWorkspaceDays : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) =>
        // One row per workspace and day, among the rows of all links: read hourly for usage.
        migrationBuilder.Sql("""
            create index rollups_workspace_days on rollups (start) where link_id = '00000000-0000-0000-0000-000000000000' and grain = 2;
            """);
}
