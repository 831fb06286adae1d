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
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        // What CodeFolding makes of the code, where that is another text. Kept whether codes are told apart by case or not, so that the
        // switch needs no rebuild. Codes that are here already are folded as far as the database can: links sends the others again when
        // they change.
        migrationBuilder.Sql("""
            alter table routes add column folded text;
            -- every workspace: the form of all codes
            update routes set folded = lower(code) where lower(code) <> code;
            create index routes_folded on routes (domain, folded) where folded is not null;
            """);
    }
}
