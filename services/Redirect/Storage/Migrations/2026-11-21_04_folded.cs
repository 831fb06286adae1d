using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_04_folded")]
public sealed class Folded : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // The code after CodeFolding, if that differs. Stored whether or not codes are case-sensitive, so that changing the setting needs no
        // rebuild. Existing codes are folded as far as the database can; links sends the others again when they change.
        migrationBuilder.Sql("""
            alter table routes add column folded text;
            -- every workspace: the form of all codes
            update routes set folded = lower(code) where lower(code) <> code;
            create index routes_folded on routes (domain, folded) where folded is not null;
            """);
    }
}
