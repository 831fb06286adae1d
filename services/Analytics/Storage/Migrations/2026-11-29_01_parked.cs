using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261129_01_parked")]
public sealed class AddParkedBatches : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.AddOutboxAttempts();
        migrationBuilder.Sql("""
            -- Of batches that can't be added to totals and rollups. A rebuild counts their clicks, and deletes those parked before started_at.
            alter table unrolled_batches
                add column parked_at      timestamptz,
                add column parked_because text;
            create index unrolled_batches_parked on unrolled_batches (position) where parked_at is not null;
            alter table rollup_rebuild add column started_at timestamptz;
            """);
    }
}
