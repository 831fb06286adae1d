using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Billing.Plans;

/// <param name="Name">As shown.</param>
/// <param name="Source">One of <see cref="PlanSources"/>.</param>
public sealed record WorkspacePlan(Entitlements Entitlements, string Name, string Source);

/// <summary>The plan of a workspace.</summary>
public sealed class PlanReader(Database database, PlanCatalog plans)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <returns>Null where plans don't exist: the installation has none, and no operator gave the workspace one.</returns>
    public async Task<WorkspacePlan?> ReadAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var (entitlements, source) = await connection.QuerySingleOrDefaultAsync<(string?, string?)>(
            "select entitlements::text, source from current_plans where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);
        if (entitlements is null || source == PlanSources.Default)
        {
            return plans.ArePlansInForce ? new WorkspacePlan(plans.Default, plans.NameOf(plans.Default.Plan), PlanSources.Default) : null;
        }

        var own = JsonSerializer.Deserialize<Entitlements>(entitlements, Json)!;
        return new WorkspacePlan(own, plans.NameOf(own.Plan), source!);
    }
}
