using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261122_08_preferences")]
public sealed class PreferenceColumns : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            alter table users
                -- An IANA name; null: wherever the person is at the moment.
                add column time_zone text check (length(time_zone) <= 64),
                -- Null: as the device has it.
                add column theme text check (theme in ('light', 'dark')),
                -- Whoever has an account already needs no tour of it.
                add column onboarding text not null default 'dismissed' check (onboarding in ('open', 'dismissed', 'completed'));
            alter table users alter column onboarding set default 'open';
            """);
    }
}
