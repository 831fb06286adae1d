using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_00_analytics")]
public sealed class CreateAnalytics : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateMessagingTables();
        migrationBuilder.Sql("""
            -- The workspaces of links, from events; the higher version wins.
            create table links (
                workspace_id uuid not null,
                link_id      uuid not null,
                version      bigint not null,
                created_at   timestamptz,
                removed      boolean not null default false,
                primary key (workspace_id, link_id)
            );

            -- Every click, human or not. Partitions by month are created by ClickPartitions; dropping one leaves the rollups.
            -- No index: an index over random links would cost more than the rest of the insert.
            create table clicks (
                at           timestamptz not null,
                workspace_id uuid not null,
                link_id      uuid not null,
                click_id     uuid not null,
                visitor      bigint,
                class        smallint not null,
                referrer     text not null,
                browser      text not null,
                os           text not null,
                device       text not null,
                language     text not null,
                country      text not null,
                city         text not null
            ) partition by range (at);

            -- Lifetime counts. Its row is also the lock on all rollups of the link: see ClickStore.
            create table totals (
                workspace_id uuid not null,
                link_id      uuid not null, -- all zeros: all links of the workspace
                clicks       bigint not null,
                bot_clicks   bigint not null,
                primary key (workspace_id, link_id)
            ) with (fillfactor = 80);

            -- Read by dashboards: docs/adr, "Rollups are one row per link and period".
            create table rollups (
                workspace_id uuid not null,
                link_id      uuid not null, -- all zeros: all links of the workspace
                grain        smallint not null, -- 0 quarter hour, 1 hour, 2 day, in UTC
                start        timestamptz not null,
                clicks       bigint not null,
                bot_clicks   bigint not null,
                visitors     bytea not null, -- VisitorSketch
                dimensions   jsonb not null, -- {"browser": {"Firefox": 3}, …}
                primary key (workspace_id, link_id, grain, start)
            ) with (fillfactor = 80, toast_tuple_target = 8160);
            -- Random bits don't compress.
            alter table rollups alter column visitors set storage external;
            """);
    }
}
