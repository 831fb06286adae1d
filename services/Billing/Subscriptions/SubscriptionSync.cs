using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Revenue;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;
using Stripe;

namespace LinkShort.Billing.Subscriptions;

/// <summary>
/// Brings a subscription to the state that Stripe has now. It is fetched while the workspace is locked, never taken from an event: of two events
/// in any order, the later handler sees the later state, so that the last write is the newest.
/// </summary>
public sealed partial class SubscriptionSync(
    IStripeClient stripe, PlanCatalog plans, CurrentPlans current, AuditTrail audit, IOptions<BillingOptions> options, TimeProvider time,
    ILogger<SubscriptionSync> logger)
{
    /// <param name="cause">For the audit log: the id of Stripe's event, or what else asked for it.</param>
    /// <returns>The state; null for a subscription that belongs to another customer.</returns>
    /// <exception cref="StripeException">Stripe doesn't answer, or has no such subscription: nothing was changed.</exception>
    public Task<SubscriptionState?> SyncAsync(UnitOfWork work, Guid workspaceId, string subscriptionId, string cause, CancellationToken cancellationToken) =>
        SyncAsync(work, workspaceId, subscriptionId, cause, endIfMissing: false, cancellationToken);

    /// <param name="cause">For the audit log: the id of Stripe's event, or what else asked for it.</param>
    /// <param name="endIfMissing">
    /// Whether a subscription that Stripe doesn't have was deleted with its customer. Only where that is known: with the key of another account, Stripe has
    /// none of them.
    /// </param>
    /// <returns>The state; null for a subscription that belongs to another customer.</returns>
    /// <exception cref="StripeException">Stripe doesn't answer: nothing was changed.</exception>
    public async Task<SubscriptionState?> SyncAsync(
        UnitOfWork work, Guid workspaceId, string subscriptionId, string cause, bool endIfMissing, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        var before = await SubscriptionStore.FindAsync(work.Connection, workspaceId, subscriptionId, cancellationToken);
        var (fetched, customerId) = await FetchAsync(subscriptionId, before, endIfMissing, cancellationToken);
        if (fetched is null)
        {
            return null;
        }

        if (customerId is not null && !await IsCustomerAsync(work, workspaceId, customerId, cancellationToken))
        {
            Log.Foreign(logger, subscriptionId, workspaceId);
            return null;
        }

        if (fetched.Plan is null)
        {
            // The settings don't have this price, or no longer have it: a customer who has a plan keeps it.
            fetched = fetched with { Plan = before is { IsEnded: false } || before?.PriceId == fetched.PriceId ? before.Plan : null };
            Log.UnknownPrice(logger, subscriptionId, fetched.PriceId);
        }

        if (fetched.TrialEnd is not null)
        {
            await work.ExecuteAsync(
                "update customers set trial_used_at = coalesce(trial_used_at, @CreatedAt) where workspace_id = @workspaceId", new { fetched.CreatedAt, workspaceId }, cancellationToken);
        }

        return await StoreAsync(work, workspaceId, before, fetched, cause, cancellationToken);
    }

    /// <summary>Also called when time alone changes what follows from a state: at the end of a grace period.</summary>
    public async Task<SubscriptionState> StoreAsync(
        UnitOfWork work, Guid workspaceId, SubscriptionState? before, SubscriptionState fetched, string cause, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(fetched);
        var now = time.GetUtcNow().ToMicroseconds();
        var state = WithOurDates(fetched, before, now);
        state = state with { MonthlyAmount = state.MonthlyAmountAt(now) };
        await RevenueLedger.RecordAsync(work, workspaceId, before, state, now, cancellationToken);
        await SubscriptionStore.WriteAsync(work, workspaceId, state, now, cancellationToken);
        if (state.IsLive && before is not { IsLive: true })
        {
            await ReportDoubledAsync(work, workspaceId, state.Id, cause, cancellationToken);
        }

        await current.ApplyAsync(work, workspaceId, cause, cancellationToken);
        foreach (var (kind, facts) in SubscriptionNotices.Between(before, state, plans, now))
        {
            work.Publish(new BillingNoticeRaised(Guid.CreateVersion7(now), workspaceId, kind, facts, now));
        }

        return state;
    }

    /// <summary>Adds what only we know: since when a payment is due, until when the plan stays, what was sent.</summary>
    private SubscriptionState WithOurDates(SubscriptionState fetched, SubscriptionState? before, DateTimeOffset now)
    {
        var state = fetched.Status == "past_due"
            ? fetched with
            {
                PastDueSince = before?.PastDueSince ?? now,
                GraceUntil = before?.GraceUntil ?? now.AddDays(options.Value.GraceDays),
                DunningMails = Math.Max(before?.DunningMails ?? 0, 1),
            }
            : fetched with { PastDueSince = null, GraceUntil = null, DunningMails = 0 };
        state = state with { GraceEnded = state.GraceUntil <= now };
        return !state.IsEnded ? state with { WinBackAt = null }
            : before is { IsEnded: true } ? state with { WinBackAt = before.WinBackAt }
            // An attempt to pay that never succeeded is no plan to win back.
            : state with { WinBackAt = before?.Plan is null || before.Status == "incomplete" ? null : now.AddDays(options.Value.WinBackDays) };
    }

    private async Task<(SubscriptionState? State, string? CustomerId)> FetchAsync(
        string id, SubscriptionState? before, bool endIfMissing, CancellationToken cancellationToken)
    {
        Subscription subscription;
        try
        {
            subscription = await new SubscriptionService(stripe).GetAsync(id, cancellationToken: cancellationToken);
        }
        catch (StripeException exception) when (endIfMissing && StripeFailures.IsMissing(exception))
        {
            // Deleted with its customer.
            return (before is null || before.IsEnded ? before : before with { Status = "canceled", EndedAt = time.GetUtcNow().ToMicroseconds() }, null);
        }

        var schedule = subscription.ScheduleId is { } scheduleId
            ? await new SubscriptionScheduleService(stripe).GetAsync(scheduleId, cancellationToken: cancellationToken)
            : null;
        return (SubscriptionState.Of(subscription, schedule, plans), subscription.CustomerId);
    }

    /// <summary>Two checkouts that were paid at once: the customer pays twice until one of them is cancelled and refunded.</summary>
    private async Task ReportDoubledAsync(UnitOfWork work, Guid workspaceId, string subscriptionId, string cause, CancellationToken cancellationToken)
    {
        var live = await SubscriptionStore.LiveAsync(work, workspaceId, cancellationToken);
        if (live.Count > 1)
        {
            Log.Doubled(logger, workspaceId, string.Join(", ", live));
            work.Publish(audit.Entry("subscription.doubled", "workspace", workspaceId, after: new { subscription = subscriptionId, live, cause }, workspace: workspaceId).OrSystem());
        }
    }

    private static Task<bool> IsCustomerAsync(UnitOfWork work, Guid workspaceId, string customerId, CancellationToken cancellationToken) =>
        work.ExecuteScalarAsync<bool>(
            "select exists (select from customers where workspace_id = @workspaceId and stripe_id = @customerId)", new { workspaceId, customerId }, cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The subscription {Subscription} is not one of workspace {WorkspaceId}'s customer; it was ignored.")]
        public static partial void Foreign(ILogger logger, string subscription, Guid workspaceId);

        [LoggerMessage(LogLevel.Warning, "Workspace {WorkspaceId} has several live subscriptions: {Subscriptions}. It pays for each: cancel and refund all but one in the Stripe dashboard.")]
        public static partial void Doubled(ILogger logger, Guid workspaceId, string subscriptions);

        [LoggerMessage(LogLevel.Warning, "The subscription {Subscription} has the price {Price}, which is in no plan. Add it to the PriceId of its plan's Month or Year in Billing__Plans.")]
        public static partial void UnknownPrice(ILogger logger, string subscription, string price);
    }
}
