using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_03_click_limits")]
public sealed class ClickLimits : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        // granted: of the last statement that took. It is there because an update can return only new values, and "how many of these did
        // I get" is a difference. A fill factor leaves room beside a hot row for its next versions, so that no index is touched.
        migrationBuilder.Sql("""
            create table click_limits (
                link_id      uuid primary key,
                workspace_id uuid not null,
                used         bigint not null,
                granted      bigint not null
            ) with (fillfactor = 50);
            """);
    }
}
