using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_01_behavior")]
public sealed class Behavior : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Null for plain links, which are nearly all. An alias is a row like that of the link's own code.
        migrationBuilder.Sql("alter table routes add column behavior jsonb;");
    }
}
