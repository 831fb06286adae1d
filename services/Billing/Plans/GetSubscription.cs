using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Plans;

/// <summary>GET /api/v1/billing/subscription</summary>
public static class GetSubscription
{
    /// <param name="Plan">The plan's key.</param>
    /// <param name="Name">As shown.</param>
    /// <param name="Source"><c>subscription</c>: bought. <c>grant</c>: given by the operators of the installation. <c>default</c>: neither.</param>
    /// <param name="EndsAt">When a plan given by the operators ends; null if it doesn't, and for other plans.</param>
    public sealed record Response(string Plan, string Name, string Source, DateTimeOffset? EndsAt, EntitlementsResponse Entitlements);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        CurrentWorkspace workspace, PlanReader reader, Database database, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync(workspace.Id, cancellationToken) is not { } plan)
        {
            return Problems.BillingDisabled.Result();
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var endsAt = plan.Source == PlanSources.Grant
            ? await connection.ExecuteScalarAsync<DateTimeOffset?>("select ends_at from plan_grants where workspace_id = @Id", new { workspace.Id }, cancellationToken)
            : null;
        return TypedResults.Ok(new Response(plan.Entitlements.Plan, plan.Name, plan.Source, endsAt, EntitlementsResponse.Of(plan.Entitlements)));
    }
}
