using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_00_click_reasons")]
public sealed class AddClickReasons : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Why the click is not a person's; null for people's and for clicks of replicas that don't record it yet.
        migrationBuilder.Sql("alter table clicks add column reason text;");
    }
}
