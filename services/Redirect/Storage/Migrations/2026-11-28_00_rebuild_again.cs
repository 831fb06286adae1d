using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261128_00_rebuild_again")]
public sealed class RebuildAgain : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Set while an operator's rebuild is running. finished_at keeps its value, because the read model stays in use.
        migrationBuilder.Sql("alter table rebuild add column start_revision bigint;");
    }
}
