using LinkShort.Web.Billing;

namespace LinkShort.Web.Api;

/// <summary>Plans, purchases and invoices. Installations that sell no plans answer 404 <c>billing-disabled</c>.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<PlanList>> ListPlansAsync(CancellationToken cancellationToken) =>
        AskAsync<PlanList>(HttpMethod.Get, "/billing/plans", null, cancellationToken);

    public Task<ApiResult<PlanSubscription>> GetSubscriptionAsync(CancellationToken cancellationToken) =>
        AskAsync<PlanSubscription>(HttpMethod.Get, "/billing/subscription", null, cancellationToken);

    public Task<ApiResult<PlanUsage>> GetUsageAsync(CancellationToken cancellationToken) =>
        AskAsync<PlanUsage>(HttpMethod.Get, "/billing/usage", null, cancellationToken);

    /// <param name="cursor">Of the previous page; null for the newest invoices.</param>
    public Task<ApiResult<PageOf<Invoice>>> ListInvoicesAsync(string? cursor, CancellationToken cancellationToken) =>
        AskAsync<PageOf<Invoice>>(HttpMethod.Get, "/billing/invoices" + Query(("limit", "24"), ("cursor", cursor)), null, cancellationToken);

    /// <param name="idempotencyKey">The same for a form that is sent twice.</param>
    public Task<ApiResult<StartedCheckout>> StartCheckoutAsync(CheckoutOrder order, string idempotencyKey, CancellationToken cancellationToken) =>
        AskAsync<StartedCheckout>(HttpMethod.Post, "/billing/checkout", order, cancellationToken, idempotencyKey);

    public Task<ApiResult<Purchase>> GetPurchaseAsync(string sessionId, CancellationToken cancellationToken) =>
        AskAsync<Purchase>(HttpMethod.Get, $"/billing/checkout/{Uri.EscapeDataString(sessionId)}", null, cancellationToken);

    public Task<ApiResult<PortalAddress>> OpenPortalAsync(CancellationToken cancellationToken) =>
        AskAsync<PortalAddress>(HttpMethod.Post, "/billing/portal", null, cancellationToken);

    public Task<ApiResult<PlanChangePreview>> PreviewPlanChangeAsync(PlanChange change, CancellationToken cancellationToken) =>
        AskAsync<PlanChangePreview>(HttpMethod.Post, "/billing/subscription/preview", change, cancellationToken);

    public Task<ApiResult<PlanSubscription>> ChangePlanAsync(PlanChange change, CancellationToken cancellationToken) =>
        AskAsync<PlanSubscription>(HttpMethod.Post, "/billing/subscription/change", change, cancellationToken);

    public Task<ApiResult<PlanSubscription>> CancelPlanAsync(string reason, string? comment, CancellationToken cancellationToken) =>
        AskAsync<PlanSubscription>(HttpMethod.Post, "/billing/subscription/cancel", new { reason, comment }, cancellationToken);

    public Task<ApiResult<PlanSubscription>> ResumePlanAsync(CancellationToken cancellationToken) =>
        AskAsync<PlanSubscription>(HttpMethod.Post, "/billing/subscription/resume", null, cancellationToken);
}
