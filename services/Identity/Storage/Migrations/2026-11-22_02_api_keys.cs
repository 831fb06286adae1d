using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>Changes, rotation and allowed networks of API keys.</summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261122_02_api_keys")]
public sealed class ApiKeyColumns : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            -- CIDRs in their canonical form; null: from anywhere.
            alter table api_keys add column allowed_networks text[];
            alter table api_keys add column version bigint not null default 1;
            alter table api_keys add column rotated_to uuid;
            """);
    }
}
