using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Identity.Storage.Migrations;

/// <summary>
/// When the user of a session that a workspace's provider started confirmed with the account's own credentials. Null until then, so sessions from
/// before, and those that replicas of the previous version start during an update, are limited to the provider's workspace.
/// </summary>
[DbContext(typeof(MigrationContext))]
[Migration("20261130_01_own_credentials")]
public sealed class OwnCredentialsOfSessions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("""
            alter table sessions add column own_authenticated_at timestamptz;
            -- every workspace: tokens issued before, for any workspace, are refused; their sessions continue with limited ones
            insert into revocations (id, kind, subject, issued_before, ends_at)
            select gen_random_uuid(), 'session', id::text, date_trunc('milliseconds', now()), now() + interval '1 hour'
            from sessions
            where length(sso_provider) = 36 and revoked_at is null and expires_at > now();
            """);
    }
}
