using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261129_01_reconciliation")]
public sealed class AddReconciliation : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // When a replica last compared the read model with links.
        migrationBuilder.Sql("alter table rebuild add column reconciled_at timestamptz;");
    }
}
