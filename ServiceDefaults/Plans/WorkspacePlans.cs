using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace LinkShort.ServiceDefaults.Plans;

/// <summary>
/// The plans of workspaces, as billing last published them, in the service's own database: limits are enforced in the transaction of the change,
/// and while billing is down. A workspace without a row has the default plan; without that, everything is allowed.
/// </summary>
public static class WorkspacePlans
{
    /// <summary>The row with the default plan.</summary>
    public static readonly Guid Default = Guid.Empty;

    /// <summary>Selects the row that applies to <c>@WorkspaceId</c>: its own, or the default one, whose id is lower than any other.</summary>
    public const string Applying =
        "select entitlements from workspace_plans where workspace_id in (@WorkspaceId, '00000000-0000-0000-0000-000000000000') order by workspace_id desc limit 1";

    public static readonly MappedTable Table = new(
        "workspace_plans", "What each workspace's plan allows", LegalBasis.None, "Enforcing limits", "until the workspace is erased")
    {
        Neutral = "workspace_id entitlements version",
    };

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Creates <c>workspace_plans</c>; call it in a migration.</summary>
    public static void CreateWorkspacePlans(this MigrationBuilder migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        migration.Sql("""
            create table workspace_plans (
                workspace_id uuid primary key, -- zeros: the plan of workspaces without a row
                entitlements jsonb not null,
                version      bigint not null
            );
            """);
    }

    public static async Task<Entitlements> OfAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken) =>
        Parse(await connection.ExecuteScalarAsync<string?>(Applying, new { WorkspaceId = workspaceId }, cancellationToken));

    /// <param name="entitlements">As <see cref="Applying"/> selects them; null for none.</param>
    public static Entitlements Parse(string? entitlements) =>
        entitlements is null ? Entitlements.Unlimited : JsonSerializer.Deserialize<Entitlements>(entitlements, Json) ?? Entitlements.Unlimited;

    /// <param name="workspaceId"><see cref="Default"/> for the default plan.</param>
    /// <returns>False for a version that is older than the stored one, or the same.</returns>
    public static async Task<bool> StoreAsync(UnitOfWork work, Guid workspaceId, Entitlements entitlements, long version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return await work.ExecuteAsync(
            """
            insert into workspace_plans as p (workspace_id, entitlements, version) values (@workspaceId, @Text::jsonb, @version)
            on conflict (workspace_id) do update set entitlements = excluded.entitlements, version = excluded.version
            where p.version < excluded.version
            """,
            new { workspaceId, Text = JsonSerializer.Serialize(entitlements, Json), version }, cancellationToken) == 1;
    }

    public static Task EraseAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.ExecuteAsync("delete from workspace_plans where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);
    }
}
