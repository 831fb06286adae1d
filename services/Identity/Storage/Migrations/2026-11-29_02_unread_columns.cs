using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>
/// Columns that nothing reads and inserts now omit: lockouts are in <c>throttles</c>, not in ASP.NET Core Identity's columns. A later release
/// drops them; until then replicas of the previous version, which run beside this one during an update, select and insert them.
/// </summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261129_02_unread_columns")]
public sealed class DefaultUnreadColumns : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            alter table users alter column lockout_enabled set default true, alter column access_failed_count set default 0;
            alter table export_reports alter column rows set default 0;
            """);
    }
}
