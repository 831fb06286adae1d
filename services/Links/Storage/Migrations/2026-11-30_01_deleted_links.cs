using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_01_deleted_links")]
public sealed class AddDeletedLinks : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        -- A deleted link keeps its row and its codes for 30 days, so that it can be restored.
        alter table links add column deleted_at timestamptz;
        create index links_deleted on links (deleted_at) where deleted_at is not null;
        -- For the list of tags, which reads the newest links that have any.
        create index links_tagged on links (workspace_id, created_at desc) where tags <> '{}' and deleted_at is null;
        """);
}
