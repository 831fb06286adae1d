using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Notification.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261129_01_outbox_attempts")]
public sealed class AddOutboxAttempts : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.AddOutboxAttempts();
}
