using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Notification.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261122_05_privacy")]
public sealed class PrivacyTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateExportParts();
        migrationBuilder.Sql("""
            create index outgoing_mail_user on outgoing_mail (user_id);
            create index outgoing_mail_created_at on outgoing_mail (created_at) where state <> 'queued';

            -- Mails that were still queued go when they are sent.
            create table erased_people (
                user_id   uuid primary key,
                erased_at timestamptz not null
            );
            """);
    }
}
