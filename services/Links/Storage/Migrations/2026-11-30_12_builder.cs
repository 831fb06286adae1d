using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_12_builder")]
public sealed class AddUtmTemplatesAndLogos : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        create table utm_templates (
            id            uuid primary key,
            workspace_id  uuid not null,
            name          text not null,
            source        text,
            medium        text,
            campaign      text,
            term          text,
            content       text,
            version       bigint not null,
            created_by    uuid not null,
            created_at    timestamptz not null,
            updated_at    timestamptz not null
        );
        -- Names are equal whatever their letter case, like tags.
        create unique index utm_templates_name on utm_templates (workspace_id, lower(name collate "und-x-icu"));
        create index utm_templates_created_by on utm_templates (created_by);

        -- The picture in the middle of a workspace's QR codes: a PNG that this service has encoded itself.
        create table qr_logos (
            workspace_id  uuid primary key,
            -- Base64, so that it can be exported.
            image         text not null,
            version       bigint not null,
            created_by    uuid not null,
            updated_at    timestamptz not null
        );
        create index qr_logos_created_by on qr_logos (created_by);
        """);
}
