using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_01_idempotency")]
public sealed class IdempotencyTable : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.CreateIdempotencyTable();
}
