using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261128_01_trace_state")]
public sealed class AddTraceState : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.AddOutboxTraceState();
}
