using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Stripe;
using Plan = LinkShort.Billing.Plans.Plan;

namespace LinkShort.Billing.Subscriptions;

/// <summary>
/// Changes a subscription at Stripe and takes over the result. The workspace is locked, the state is fetched, and only then a change is decided, so that
/// two changes at once don't mix. A change that fails leaves a scheduled change and a cancellation as they were.
/// </summary>
public sealed partial class SubscriptionChanges(
    IStripeClient stripe, SubscriptionSync sync, Database database, AuditTrail audit, ILogger<SubscriptionChanges> logger)
{
    private const string DeletionCause = "workspace deletion";
    private const string RestoreCause = "workspace restored";

    private readonly SubscriptionService _subscriptions = new(stripe);
    private readonly SubscriptionScheduleService _schedules = new(stripe);

    /// <param name="check">Why the change can't be made in this state; null if it can.</param>
    /// <param name="isUpgrade">Whether it takes effect at once.</param>
    /// <returns>Null if it was made.</returns>
    public Task<ProblemHttpResult?> ChangeAsync(
        Guid workspaceId, (Plan Plan, PlanPrice Price) target, DateTimeOffset? prorationDate, Func<SubscriptionState?, ProblemHttpResult?> check,
        Func<SubscriptionState, bool> isUpgrade, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(isUpgrade);
        return RunAsync(
            workspaceId, check,
            current => isUpgrade(current) ? Upgrade(current, target, prorationDate, cancellationToken) : Downgrade(current, target, cancellationToken),
            cancellationToken);
    }

    /// <summary>Cancels at the period's end: every live subscription, should there be two. Repeated, it changes nothing.</summary>
    public Task<ProblemHttpResult?> CancelAsync(
        Guid workspaceId, Func<SubscriptionState?, ProblemHttpResult?> check, string feedback, string? comment, CancellationToken cancellationToken) =>
        RunAsync(workspaceId, check, current => current.CancelAt is not null ? null : Cancellation(current, feedback, comment, cancellationToken), cancellationToken);

    /// <summary>Takes back a cancellation or a scheduled change.</summary>
    public Task<ProblemHttpResult?> ResumeAsync(Guid workspaceId, Func<SubscriptionState?, ProblemHttpResult?> check, CancellationToken cancellationToken) =>
        RunAsync(workspaceId, check, current => current.CancelAt is null && current.ScheduleId is null ? null : Resumption(current, cancellationToken), cancellationToken);

    /// <summary>For a workspace that is going to be deleted: what is live ends with its period.</summary>
    public async Task CancelForDeletionAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        foreach (var id in await SubscriptionStore.LiveAsync(work, workspaceId, cancellationToken))
        {
            try
            {
                await CancelForDeletionAsync(work, workspaceId, id, cancellationToken);
            }
            catch (StripeException exception) when (StripeFailures.IsMissing(exception))
            {
                // Nothing to cancel; whether it was deleted, the next comparison decides.
            }
        }
    }

    private async Task CancelForDeletionAsync(UnitOfWork work, Guid workspaceId, string id, CancellationToken cancellationToken)
    {
        if (await EndWithPeriodAsync(work, workspaceId, id, DeletionCause, cancellationToken) is not { } current)
        {
            return;
        }

        await work.ExecuteAsync(
            "update subscriptions set cancelled_for_deletion = true where workspace_id = @workspaceId and id = @id", new { workspaceId, id }, cancellationToken);
        work.Publish(audit.Entry(
            "subscription.cancelled", "workspace", workspaceId, after: new { reason = DeletionCause, until = current.PeriodEnd }, workspace: workspaceId));
    }

    /// <returns>The state before; null if there is nothing to cancel.</returns>
    private async Task<SubscriptionState?> EndWithPeriodAsync(UnitOfWork work, Guid workspaceId, string id, string cause, CancellationToken cancellationToken)
    {
        if (await sync.SyncAsync(work, workspaceId, id, cause, cancellationToken) is not { IsLive: true, CancelAt: null } current)
        {
            return null;
        }

        await ReleaseAsync(await ScheduleOfAsync(current, cancellationToken), cancellationToken);
        await _subscriptions.UpdateAsync(id, new SubscriptionUpdateOptions { CancelAtPeriodEnd = true }, cancellationToken: cancellationToken);
        await sync.SyncAsync(work, workspaceId, id, cause, cancellationToken);
        return current;
    }

    /// <summary>For a workspace that was restored: what its deletion cancelled continues, what its owner had cancelled doesn't.</summary>
    public async Task ResumeAfterRestoreAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        foreach (var id in await work.QueryAsync<string>(
            $"select id from subscriptions where workspace_id = @workspaceId and cancelled_for_deletion and {SubscriptionStore.Live}", new { workspaceId }, cancellationToken))
        {
            if (await sync.SyncAsync(work, workspaceId, id, RestoreCause, cancellationToken) is { IsLive: true, CancelAt: not null })
            {
                await _subscriptions.UpdateAsync(id, new SubscriptionUpdateOptions { CancelAtPeriodEnd = false }, cancellationToken: cancellationToken);
                await sync.SyncAsync(work, workspaceId, id, RestoreCause, cancellationToken);
                work.Publish(audit.Entry("subscription.resumed", "workspace", workspaceId, after: new { reason = RestoreCause }, workspace: workspaceId));
            }
        }

        await work.ExecuteAsync("update subscriptions set cancelled_for_deletion = false where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);
    }

    /// <summary>What may fail, the payment, comes first; the schedule is released when it has succeeded.</summary>
    private Change Upgrade(SubscriptionState current, (Plan Plan, PlanPrice Price) target, DateTimeOffset? prorationDate, CancellationToken cancellationToken) =>
        new("subscription.upgraded", new { plan = target.Plan.Key, target.Price.Interval }, IsRestored: false, async schedule =>
        {
            var options = new SubscriptionUpdateOptions
            {
                Items = [new() { Id = current.ItemId, Price = target.Price.StripeId }],
                ProrationBehavior = "always_invoice",
                ProrationDate = prorationDate?.UtcDateTime,
                // A refused card leaves the plan as it is.
                PaymentBehavior = "error_if_incomplete",
                // Stripe refuses it for a subscription with a schedule, which isn't cancelled either.
                CancelAtPeriodEnd = schedule is null && current.CancelAt is not null ? false : null,
            };
            try
            {
                await _subscriptions.UpdateAsync(current.Id, options, cancellationToken: cancellationToken);
            }
            catch (StripeException exception) when (StripeFailures.NeedsConfirmation(exception))
            {
                if (await AwaitConfirmationAsync(current, options, cancellationToken) is { } refusal)
                {
                    return refusal;
                }
            }

            await ReleaseAsync(schedule, cancellationToken);
            return null;
        });

    /// <summary>The bank wants the customer to confirm. Stripe keeps the change for a day, and makes it once the invoice is paid on its page.</summary>
    /// <returns>Null if the payment succeeded after all.</returns>
    private async Task<ProblemHttpResult?> AwaitConfirmationAsync(SubscriptionState current, SubscriptionUpdateOptions options, CancellationToken cancellationToken)
    {
        options.PaymentBehavior = "pending_if_incomplete";
        // Not among what Stripe can keep waiting.
        options.CancelAtPeriodEnd = null;
        options.Expand = ["latest_invoice"];
        var waiting = await _subscriptions.UpdateAsync(current.Id, options, cancellationToken: cancellationToken);
        return waiting.PendingUpdate is null ? null : Problems.PaymentFailed.Result(
            BillingTexts.Of("billing.confirmPayment"), ("reason", "confirmationRequired"), ("paymentUrl", waiting.LatestInvoice?.HostedInvoiceUrl));
    }

    /// <summary>A schedule of Stripe's makes the change at the period's end, even if we are down then. An existing one is changed, in one step.</summary>
    private Change Downgrade(SubscriptionState current, (Plan Plan, PlanPrice Price) target, CancellationToken cancellationToken) =>
        new("subscription.downgradeScheduled", new { plan = target.Plan.Key, target.Price.Interval, from = current.PeriodEnd }, IsRestored: true, async schedule =>
        {
            if (schedule is null)
            {
                if (current.CancelAt is not null)
                {
                    await _subscriptions.UpdateAsync(current.Id, new SubscriptionUpdateOptions { CancelAtPeriodEnd = false }, cancellationToken: cancellationToken);
                }

                schedule = await _schedules.CreateAsync(new SubscriptionScheduleCreateOptions { FromSubscription = current.Id }, cancellationToken: cancellationToken);
            }

            var running = SchedulePhases.RunningIn(schedule, current);
            await _schedules.UpdateAsync(
                schedule.Id,
                new SubscriptionScheduleUpdateOptions { EndBehavior = "release", Phases = [SchedulePhases.Same(running), SchedulePhases.After(running, target.Price)] },
                cancellationToken: cancellationToken);
            return null;
        });

    private Change Cancellation(SubscriptionState current, string feedback, string? comment, CancellationToken cancellationToken) =>
        new("subscription.cancelled", new { reason = feedback, until = current.PeriodEnd }, IsRestored: true, async schedule =>
        {
            // Stripe refuses a cancellation while there is a schedule.
            await ReleaseAsync(schedule, cancellationToken);
            await _subscriptions.UpdateAsync(
                current.Id,
                new SubscriptionUpdateOptions { CancelAtPeriodEnd = true, CancellationDetails = new() { FeedbackOption = feedback, Comment = comment } },
                cancellationToken: cancellationToken);
            return null;
        })
        { IsForAll = true };

    private Change Resumption(SubscriptionState current, CancellationToken cancellationToken) =>
        new("subscription.resumed", null, IsRestored: false, async schedule =>
        {
            await ReleaseAsync(schedule, cancellationToken);
            if (current.CancelAt is not null)
            {
                await _subscriptions.UpdateAsync(current.Id, new SubscriptionUpdateOptions { CancelAtPeriodEnd = false }, cancellationToken: cancellationToken);
            }

            return null;
        });

    private async Task<ProblemHttpResult?> RunAsync(
        Guid workspaceId, Func<SubscriptionState?, ProblemHttpResult?> check, Func<SubscriptionState, Change?> decide, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(check);
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        var current = await SubscriptionStore.CurrentAsync(work.Connection, workspaceId, cancellationToken);
        if (current is { IsEnded: false })
        {
            // What was stored may be older than Stripe's state, and than the change that held the lock.
            await sync.SyncAsync(work, workspaceId, current.Id, "change", cancellationToken);
            current = await SubscriptionStore.CurrentAsync(work.Connection, workspaceId, cancellationToken);
        }

        var refusal = check(current);
        if (refusal is null && decide(current!) is { } change)
        {
            refusal = await ApplyAsync(work, workspaceId, current!, change, cancellationToken);
            foreach (var other in change.IsForAll ? await SubscriptionStore.LiveAsync(work, workspaceId, cancellationToken) : [])
            {
                if (other != current!.Id)
                {
                    await EndWithPeriodAsync(work, workspaceId, other, change.Action, cancellationToken);
                }
            }
        }

        await work.CommitAsync(cancellationToken);
        return refusal;
    }

    private async Task<ProblemHttpResult?> ApplyAsync(
        UnitOfWork work, Guid workspaceId, SubscriptionState current, Change change, CancellationToken cancellationToken)
    {
        var schedule = await ScheduleOfAsync(current, cancellationToken);
        ProblemHttpResult? refusal;
        try
        {
            refusal = await change.MakeAsync(schedule);
        }
        catch
        {
            await RecoverAsync(work, workspaceId, current, change, schedule);
            throw;
        }

        await sync.SyncAsync(work, workspaceId, current.Id, change.Action, cancellationToken);
        if (refusal is null)
        {
            work.Publish(audit.Entry(change.Action, "workspace", workspaceId, new { current.Plan, current.Interval, current.CancelAt }, change.After, workspaceId));
        }

        return refusal;
    }

    /// <summary>Also if the caller has left: Stripe doesn't roll back the steps that succeeded.</summary>
    private async Task RecoverAsync(UnitOfWork work, Guid workspaceId, SubscriptionState before, Change change, SubscriptionSchedule? schedule)
    {
        try
        {
            if (change.IsRestored)
            {
                await RestoreAsync(before, schedule);
            }

            await sync.SyncAsync(work, workspaceId, before.Id, change.Action, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is StripeException || StripeFailures.IsOutage(exception, CancellationToken.None))
        {
            Log.NotRestored(logger, exception, before.Id, workspaceId, change.Action);
        }
    }

    private async Task RestoreAsync(SubscriptionState before, SubscriptionSchedule? schedule)
    {
        var now = await _subscriptions.GetAsync(before.Id);
        var isCancelled = now.CancelAtPeriodEnd || now.CancelAt is not null;
        if (schedule is not null)
        {
            // Cancelled after all, only its answer was lost: that is what was wanted.
            if (now.ScheduleId is null && !isCancelled)
            {
                var created = await _schedules.CreateAsync(new SubscriptionScheduleCreateOptions { FromSubscription = before.Id });
                var running = SchedulePhases.RunningIn(created, before);
                await _schedules.UpdateAsync(created.Id, new SubscriptionScheduleUpdateOptions
                {
                    EndBehavior = schedule.EndBehavior,
                    Phases = [SchedulePhases.Same(running), .. schedule.Phases.Where(phase => phase.StartDate >= running.EndDate).Select(SchedulePhases.Same)],
                });
            }

            return;
        }

        if (now.ScheduleId is { } started)
        {
            await _schedules.ReleaseAsync(started);
        }

        if (before.CancelAt is { } end && !isCancelled)
        {
            await _subscriptions.UpdateAsync(
                before.Id, end == before.PeriodEnd ? new SubscriptionUpdateOptions { CancelAtPeriodEnd = true } : new SubscriptionUpdateOptions { CancelAt = end.UtcDateTime });
        }
    }

    /// <returns>Null for none, and for one that has done its work.</returns>
    private async Task<SubscriptionSchedule?> ScheduleOfAsync(SubscriptionState current, CancellationToken cancellationToken) =>
        current.ScheduleId is { } id && await _schedules.GetAsync(id, cancellationToken: cancellationToken) is { Status: "active" or "not_started" } schedule
            ? schedule
            : null;

    private Task ReleaseAsync(SubscriptionSchedule? schedule, CancellationToken cancellationToken) =>
        schedule is null ? Task.CompletedTask : _schedules.ReleaseAsync(schedule.Id, cancellationToken: cancellationToken);

    /// <param name="After">For the audit log.</param>
    /// <param name="IsRestored">Whether a failure undoes the steps that succeeded before it.</param>
    /// <param name="MakeAsync">Gets the schedule that is active; returns why the change has to wait, or null.</param>
    private sealed record Change(string Action, object? After, bool IsRestored, Func<SubscriptionSchedule?, Task<ProblemHttpResult?>> MakeAsync)
    {
        /// <summary>It is for every live subscription of the workspace.</summary>
        public bool IsForAll { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The subscription {Subscription} of workspace {WorkspaceId} could not be restored after {Change} failed. Compare it in the Stripe dashboard: its scheduled change or its cancellation may be lost.")]
        public static partial void NotRestored(ILogger logger, Exception exception, string subscription, Guid workspaceId, string change);
    }
}
