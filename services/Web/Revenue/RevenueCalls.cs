using LinkShort.Web.Revenue;

namespace LinkShort.Web.Api;

/// <summary>Revenue, and the plans that operators grant.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<RevenueReport>> RevenueAsync(int months, CancellationToken cancellationToken) =>
        AskAsync<RevenueReport>(HttpMethod.Get, "/admin/billing/revenue" + Query(("months", months.ToString(Invariant))), null, cancellationToken);

    public Task<ApiResult<Conversion>> ConversionAsync(CancellationToken cancellationToken) =>
        AskAsync<Conversion>(HttpMethod.Get, "/admin/billing/conversion", null, cancellationToken);

    public Task<ApiResult<UsageDistribution>> UsageDistributionAsync(CancellationToken cancellationToken) =>
        AskAsync<UsageDistribution>(HttpMethod.Get, "/admin/billing/usage", null, cancellationToken);

    public Task<ApiResult<RevenueAtRisk>> RevenueAtRiskAsync(CancellationToken cancellationToken) =>
        AskAsync<RevenueAtRisk>(HttpMethod.Get, "/admin/billing/at-risk", null, cancellationToken);

    public Task<ApiResult<WorkspacePlan>> PlanOfWorkspaceAsync(Guid id, CancellationToken cancellationToken) =>
        AskAsync<WorkspacePlan>(HttpMethod.Get, $"/admin/billing/workspaces/{id}/plan", null, cancellationToken);

    public Task<ApiResult<Done>> GrantPlanAsync(Guid id, GrantChange grant, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Put, $"/admin/billing/workspaces/{id}/plan", grant, null, cancellationToken);

    public Task<ApiResult<Done>> EndGrantedPlanAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/admin/billing/workspaces/{id}/plan", null, null, cancellationToken);
}
