using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Plans;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_01_plans")]
public sealed class AddPlans : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateWorkspacePlans();
        migrationBuilder.Sql("""
            create table link_usage (
                workspace_id uuid not null,
                month        date not null, -- its first day, UTC
                created      bigint not null,
                reported     bigint not null default 0, -- of created, what billing has been told
                active       bigint,
                primary key (workspace_id, month)
            );
            create index link_usage_unreported on link_usage (workspace_id, month) where created > reported;

            -- every workspace: links that were created before they were counted
            insert into link_usage (workspace_id, month, created)
            select workspace_id, date_trunc('month', created_at at time zone 'UTC')::date, count(*) from links group by 1, 2;
            """);
    }
}
