using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261122_05_privacy")]
public sealed class PrivacyTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateExportParts();
    }
}
