using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261122_04_workspace_erasures")]
public sealed class AddWorkspaceErasures : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateWorkspaceErasureTable();
        migrationBuilder.Sql("""
            create index routes_workspace on routes (workspace_id);
            -- every workspace: destinations of removed links must not be kept
            update routes set destination = null, behavior = null where removed and (destination is not null or behavior is not null);
            """);
    }
}
