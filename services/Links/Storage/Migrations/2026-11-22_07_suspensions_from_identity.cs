using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

/// <summary>The version of identity's change that a workspace's suspension comes from, because events arrive in any order.</summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261122_07_suspensions_from_identity")]
public sealed class SuspensionsFromIdentity : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("alter table suspensions add column identity_version bigint;");
    }
}
