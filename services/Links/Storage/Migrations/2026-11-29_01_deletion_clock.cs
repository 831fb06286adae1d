using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261129_01_deletion_clock")]
public sealed class AddDeletionClock : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateDeletionClock();
    }
}
