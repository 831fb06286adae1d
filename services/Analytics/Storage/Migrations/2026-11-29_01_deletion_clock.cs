using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261129_01_deletion_clock")]
public sealed class AddDeletionClock : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateDeletionClock();
        // Replicas together drop one month at a time.
        migrationBuilder.Sql("alter table raw_clicks add column dropped_at timestamptz;");
    }
}
