using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_02_suspensions")]
public sealed class AddSuspensions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Lifted suspensions remain with their revision: the highest revision shows whether anything has changed.
        migrationBuilder.Sql("""
            create table suspensions (
                kind       text not null check (kind in ('link', 'workspace', 'host')),
                target     text not null,
                suspended  boolean not null,
                reason     text,
                revision   bigint not null unique,
                changed_at timestamptz not null,
                primary key (kind, target)
            );
            """);
    }
}
