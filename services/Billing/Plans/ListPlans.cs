using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Billing.Plans;

/// <summary>GET /api/v1/billing/plans</summary>
public static class ListPlans
{
    /// <param name="Currency">ISO 4217, lower case, of all prices.</param>
    /// <param name="TrialDays">How long the first plan that a workspace buys is free; 0 without a trial.</param>
    /// <param name="Plans">From the smallest to the largest.</param>
    public sealed record Response(string Currency, int TrialDays, IReadOnlyList<PlanResponse> Plans);

    /// <param name="Key">For requests; stable.</param>
    /// <param name="Name">As shown.</param>
    /// <param name="Prices">Empty for a plan that can't be bought.</param>
    /// <param name="Entitlements">What the plan allows; null is unlimited.</param>
    public sealed record PlanResponse(string Key, string Name, IReadOnlyList<PriceResponse> Prices, EntitlementsResponse Entitlements);

    /// <param name="Interval"><c>month</c> or <c>year</c>.</param>
    /// <param name="Amount">Per interval, in minor units: 500 is $5.00.</param>
    public sealed record PriceResponse(string Interval, long Amount, string Currency);

    public static Results<Ok<Response>, ProblemHttpResult> Handle(PlanCatalog plans, IOptions<BillingOptions> options) => plans.SellsPlans
        ? TypedResults.Ok(new Response(plans.Currency, options.Value.TrialDays, [.. plans.All.Select(plan => new PlanResponse(
            plan.Key, plan.Name, [.. plan.Prices.Select(price => new PriceResponse(price.Interval, price.Amount, price.Currency))],
            EntitlementsResponse.Of(plan.Entitlements)))]))
        : Problems.BillingDisabled.Result();
}

/// <summary>What a plan allows. Null is unlimited.</summary>
/// <param name="LinksPerMonth">Links created in a calendar month (UTC).</param>
/// <param name="Domains">Custom domains.</param>
/// <param name="Members">Members and open invitations.</param>
/// <param name="RawClickDays">How long single clicks are kept.</param>
/// <param name="ApiLimitFactor">By how much the rate limits are multiplied.</param>
public sealed record EntitlementsResponse(
    long? LinksPerMonth, int? Domains, int? Members, int? RawClickDays, bool Exports, bool ScheduledReports, bool Sso, bool AuditExport, int ApiLimitFactor)
{
    public static EntitlementsResponse Of(Entitlements entitlements) => new(
        entitlements.LinksPerMonth, entitlements.Domains, entitlements.Members, entitlements.RawClickDays, entitlements.Exports, entitlements.ScheduledReports,
        entitlements.Sso, entitlements.AuditExport, entitlements.ApiLimitFactor);
}
