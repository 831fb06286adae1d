using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_02_suspensions")]
public sealed class AddSuspensions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Lifted suspensions stay with their revision, so that late events can't restore them.
        migrationBuilder.Sql("""
            create table suspensions (
                kind       text not null,
                target     text not null,
                suspended  boolean not null,
                reason     text,
                revision   bigint not null,
                changed_at timestamptz not null,
                primary key (kind, target)
            );
            """);
    }
}
