using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Notification.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_00_notification")]
public sealed class CreateNotification : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateMessagingTables();
        migrationBuilder.Sql("""
            create table outgoing_mail (
                id              uuid primary key,
                reason          text not null unique, -- what it is sent for, e.g. welcome:{user}: sent once
                kind            text not null,
                user_id         uuid not null,
                locale          text not null,
                recipient       text not null,
                recipient_name  text,
                subject         text not null,
                text_body       text, -- both bodies are forgotten once the mail is sent
                html_body       text,
                state           text not null check (state in ('queued', 'sent', 'failed')),
                attempts        integer not null default 0,
                next_attempt_at timestamptz not null,
                last_error      text,
                created_at      timestamptz not null,
                sent_at         timestamptz
            );
            create index outgoing_mail_due on outgoing_mail (next_attempt_at) where state = 'queued';
            """);
    }
}
