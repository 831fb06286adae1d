using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261122_04_workspace_erasures")]
public sealed class AddWorkspaceErasures : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.CreateWorkspaceErasureTable();
}
