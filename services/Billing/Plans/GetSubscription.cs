using LinkShort.Billing.Subscriptions;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Billing.Plans;

/// <summary>GET /api/v1/billing/subscription</summary>
public static class GetSubscription
{
    /// <param name="Plan">The plan's key.</param>
    /// <param name="Name">As shown.</param>
    /// <param name="Source"><c>subscription</c>: bought. <c>grant</c>: given by the operators of the installation. <c>default</c>: neither.</param>
    /// <param name="EndsAt">When a plan given by the operators ends; null if it doesn't, and for other plans.</param>
    /// <param name="Subscription">The subscription that hasn't ended; null for none.</param>
    /// <param name="TrialAvailable">Whether buying a plan starts with a trial.</param>
    /// <param name="CancellationCoupon">A coupon to offer before cancelling; null for none.</param>
    public sealed record Response(
        string Plan, string Name, string Source, DateTimeOffset? EndsAt, EntitlementsResponse Entitlements, BoughtResponse? Subscription, bool TrialAvailable,
        string? CancellationCoupon);

    /// <param name="Status"><c>trialing</c>, <c>active</c>, <c>past_due</c> (a payment failed), <c>unpaid</c>, <c>paused</c> or <c>incomplete</c>.</param>
    /// <param name="Interval">month or year.</param>
    /// <param name="Amount">Per interval, in minor units.</param>
    /// <param name="RenewsAt">The next payment; null once it is cancelled.</param>
    /// <param name="TrialEnd">Null without a trial.</param>
    /// <param name="CancelAt">When the plan ends, if it was cancelled.</param>
    /// <param name="NextPlan">The plan from RenewsAt on, after a change to a smaller one; otherwise null.</param>
    /// <param name="GraceUntil">After a failed payment: until when the plan stays.</param>
    /// <param name="PaymentUrl">Where the open invoice can be paid; null without one.</param>
    public sealed record BoughtResponse(
        string Plan, string Status, string Interval, long Amount, string Currency, DateTimeOffset? RenewsAt, DateTimeOffset? TrialEnd, DateTimeOffset? CancelAt,
        string? NextPlan, string? NextInterval, DateTimeOffset? GraceUntil, string? PaymentUrl);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        CurrentWorkspace workspace, CurrentUser user, Reader reader, CancellationToken cancellationToken) =>
        await reader.ReadAsync(workspace.Id, MayPay(user), cancellationToken) is { } response ? TypedResults.Ok(response) : Problems.BillingDisabled.Result();

    /// <summary>The page of an open invoice shows the billing address and takes a payment: for those who manage the plan.</summary>
    private static bool MayPay(CurrentUser user) =>
        Permissions.RoleOf(user.Role) >= Permissions.All.Single(permission => permission.Name == Permissions.BillingManage).LeastRole;

    /// <summary>Reads it from our own tables: it can be seen while Stripe is unavailable.</summary>
    public sealed class Reader(PlanReader plans, PlanCatalog catalog, Database database, IOptions<BillingOptions> options)
    {
        /// <param name="showsPayment">Whether the caller may see where an open invoice can be paid.</param>
        /// <returns>Null where there are no plans.</returns>
        public async Task<Response?> ReadAsync(Guid workspaceId, bool showsPayment, CancellationToken cancellationToken)
        {
            if (await plans.ReadAsync(workspaceId, cancellationToken) is not { } plan)
            {
                return null;
            }

            await using var connection = await database.OpenAsync(cancellationToken);
            var (endsAt, trialUsed, paymentUrl) = await connection.QuerySingleAsync<(DateTimeOffset?, bool, string?)>(
                """
                select (select ends_at from plan_grants where workspace_id = @workspaceId),
                    exists (select from customers where workspace_id = @workspaceId and trial_used_at is not null),
                    (select payment_url from invoices where workspace_id = @workspaceId and status = 'open' order by created_at desc limit 1)
                """,
                new { workspaceId }, cancellationToken);
            var bought = await SubscriptionStore.CurrentAsync(connection, workspaceId, cancellationToken);
            return new Response(
                plan.Entitlements.Plan, plan.Name, plan.Source, plan.Source == PlanSources.Grant ? endsAt : null, EntitlementsResponse.Of(plan.Entitlements),
                bought is { IsEnded: false } ? Of(bought, showsPayment ? paymentUrl : null) : null, catalog.SellsPlans && !trialUsed && options.Value.TrialDays > 0,
                catalog.SellsPlans && options.Value.CancellationCoupon.Length > 0 ? options.Value.CancellationCoupon : null);
        }

        private static BoughtResponse Of(SubscriptionState state, string? paymentUrl) => new(
            state.Plan ?? "", state.Status, state.Interval, state.Amount, state.Currency, state.CancelAt is null ? state.PeriodEnd : null, state.TrialEnd,
            state.CancelAt, state.NextPlan, state.NextInterval, state.GraceUntil, paymentUrl);
    }
}
