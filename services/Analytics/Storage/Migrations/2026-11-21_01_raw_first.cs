using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Analytics.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_01_raw_first")]
public sealed class RawClicksFirst : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            alter table clicks add column region text, add column variant text;

            -- Batches whose clicks are stored but not yet in totals and rollups: docs/adr, "Packed batches, raw clicks first, rollups behind".
            -- A batch's row is written with its clicks and deleted with its rollups, so it counts exactly once.
            create table unrolled_batches (
                position    bigint generated always as identity primary key,
                received_at timestamptz not null,
                clicks      int not null,
                packed      bytea not null -- ClickBatch
            );
            -- Already packed, so compressing it again is useless.
            alter table unrolled_batches alter column packed set storage external;
            """);
    }
}
