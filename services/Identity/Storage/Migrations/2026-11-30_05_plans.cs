using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Plans;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_05_plans")]
public sealed class AddPlans : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateWorkspacePlans();
        migrationBuilder.Sql("""
            -- Beside plan, for tokens: by how much the plan multiplies rate limits.
            alter table workspaces add column api_limit_factor integer not null default 1;

            -- As last published for usage.
            create table member_counts (
                workspace_id uuid primary key references workspaces on delete cascade,
                month        date not null,
                members      bigint not null
            );
            """);
    }
}
