using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Stripe;
using Plan = LinkShort.Billing.Plans.Plan;

namespace LinkShort.Billing.Subscriptions;

/// <summary>Changes a subscription at Stripe and takes over the result, with the workspace locked, so that two changes at once don't mix.</summary>
public sealed class SubscriptionChanges(IStripeClient stripe, SubscriptionSync sync, Database database, AuditTrail audit)
{
    private readonly SubscriptionService _subscriptions = new(stripe);
    private readonly SubscriptionScheduleService _schedules = new(stripe);

    public Task UpgradeAsync(
        Guid workspaceId, SubscriptionState current, (Plan Plan, PlanPrice Price) target, DateTimeOffset? prorationDate, CancellationToken cancellationToken) =>
        ChangeAsync(workspaceId, current, "subscription.upgraded", new { plan = target.Plan.Key, target.Price.Interval }, async () =>
        {
            await ReleaseAsync(current, cancellationToken);
            await _subscriptions.UpdateAsync(
                current.Id,
                new SubscriptionUpdateOptions
                {
                    Items = [new() { Id = current.ItemId, Price = target.Price.StripeId }],
                    ProrationBehavior = "always_invoice",
                    ProrationDate = prorationDate?.UtcDateTime,
                    // A refused card leaves the plan as it is.
                    PaymentBehavior = "error_if_incomplete",
                    CancelAtPeriodEnd = false,
                },
                cancellationToken: cancellationToken);
        }, cancellationToken);

    /// <summary>A schedule of Stripe's makes the change at the period's end, even if we are down then.</summary>
    public Task DowngradeAsync(Guid workspaceId, SubscriptionState current, (Plan Plan, PlanPrice Price) target, CancellationToken cancellationToken) =>
        ChangeAsync(workspaceId, current, "subscription.downgradeScheduled", new { plan = target.Plan.Key, target.Price.Interval, from = current.PeriodEnd }, async () =>
        {
            await ReleaseAsync(current, cancellationToken);
            if (current.CancelAt is not null)
            {
                await _subscriptions.UpdateAsync(current.Id, new SubscriptionUpdateOptions { CancelAtPeriodEnd = false }, cancellationToken: cancellationToken);
            }

            var schedule = await _schedules.CreateAsync(new SubscriptionScheduleCreateOptions { FromSubscription = current.Id }, cancellationToken: cancellationToken);
            await _schedules.UpdateAsync(
                schedule.Id,
                new SubscriptionScheduleUpdateOptions
                {
                    EndBehavior = "release",
                    Phases =
                    [
                        new() { Items = [new() { Price = current.PriceId, Quantity = 1 }], StartDate = current.PeriodStart.UtcDateTime, EndDate = current.PeriodEnd.UtcDateTime },
                        new()
                        {
                            Items = [new() { Price = target.Price.StripeId, Quantity = 1 }], StartDate = current.PeriodEnd.UtcDateTime, ProrationBehavior = "none",
                            Duration = new() { Interval = target.Price.Interval, IntervalCount = 1 },
                        },
                    ],
                },
                cancellationToken: cancellationToken);
        }, cancellationToken);

    public Task CancelAsync(Guid workspaceId, SubscriptionState current, string feedback, string? comment, CancellationToken cancellationToken) =>
        ChangeAsync(workspaceId, current, "subscription.cancelled", new { reason = feedback, until = current.PeriodEnd }, async () =>
        {
            await ReleaseAsync(current, cancellationToken);
            await _subscriptions.UpdateAsync(
                current.Id,
                new SubscriptionUpdateOptions { CancelAtPeriodEnd = true, CancellationDetails = new() { FeedbackOption = feedback, Comment = comment } },
                cancellationToken: cancellationToken);
        }, cancellationToken);

    /// <summary>Takes back a cancellation or a scheduled change.</summary>
    public Task ResumeAsync(Guid workspaceId, SubscriptionState current, CancellationToken cancellationToken) =>
        ChangeAsync(workspaceId, current, "subscription.resumed", null, async () =>
        {
            await ReleaseAsync(current, cancellationToken);
            if (current.CancelAt is not null)
            {
                await _subscriptions.UpdateAsync(current.Id, new SubscriptionUpdateOptions { CancelAtPeriodEnd = false }, cancellationToken: cancellationToken);
            }
        }, cancellationToken);

    private async Task ReleaseAsync(SubscriptionState current, CancellationToken cancellationToken)
    {
        if (current.ScheduleId is { } scheduleId)
        {
            await _schedules.ReleaseAsync(scheduleId, cancellationToken: cancellationToken);
        }
    }

    private async Task ChangeAsync(
        Guid workspaceId, SubscriptionState current, string action, object? after, Func<Task> change, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        await change();
        await sync.SyncAsync(work, workspaceId, current.Id, action, cancellationToken);
        work.Publish(audit.Entry(action, "workspace", workspaceId, new { current.Plan, current.Interval, current.CancelAt }, after, workspaceId));
        await work.CommitAsync(cancellationToken);
    }
}
