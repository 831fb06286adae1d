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
        // granted: how many clicks the last update got. It is stored because an update can return only new values, and this is a difference.
        // The fill factor leaves room for new versions of a hot row on its page, so that updates touch no index.
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
