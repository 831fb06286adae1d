using LinkShort.Web.Api;

namespace LinkShort.Web.Billing;

/// <summary>The workspace's plan, and what it uses of it. Read once per request, by the page and by the frame around it.</summary>
public sealed class PlanStanding(LinkShortApi api)
{
    private Task<ApiResult<PlanSubscription>>? _subscription;
    private Task<ApiResult<PlanUsage>>? _usage;

    public Task<ApiResult<PlanSubscription>> SubscriptionAsync(CancellationToken cancellationToken) => _subscription ??= api.GetSubscriptionAsync(cancellationToken);

    public Task<ApiResult<PlanUsage>> UsageAsync(CancellationToken cancellationToken) => _usage ??= api.GetUsageAsync(cancellationToken);
}
