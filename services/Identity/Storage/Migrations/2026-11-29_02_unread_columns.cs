using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>Columns that nothing reads. Lockouts are in <c>throttles</c>, not in ASP.NET Core Identity's columns.</summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261129_02_unread_columns")]
public sealed class DropUnreadColumns : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            alter table users drop column lockout_enabled, drop column lockout_end, drop column access_failed_count;
            alter table export_reports drop column rows;
            """);
    }
}
