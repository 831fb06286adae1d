using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Billing.Subscriptions;

/// <summary>
/// Time-driven steps of subscriptions: reminders of a failed payment on days 3 and 6, the end of the grace period, and the win-back mail. Each in a
/// transaction of its own.
/// </summary>
public sealed class Dunning(Database database, SubscriptionSync sync, PlanCatalog plans, TimeProvider time, ILogger<Dunning> logger)
    : BackgroundJob(What, time, logger)
{
    private const string What = "Reminding of failed payments";

    private readonly FailedEntries<string> _failed = new(What, time, logger);

    protected override TimeSpan Interval => TimeSpan.FromMinutes(1);

    protected override Task RunAsync(CancellationToken cancellationToken) => RunDueAsync(cancellationToken);

    public async Task RunDueAsync(CancellationToken cancellationToken)
    {
        while (await RunOneAsync(cancellationToken))
        {
        }
    }

    private async Task<bool> RunOneAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow().ToMicroseconds();
        var (workspaceId, id) = await NextAsync(now, cancellationToken);
        if (id is null)
        {
            return false;
        }

        await _failed.TryAsync(id, () => HandleAsync(workspaceId, id, now, cancellationToken), cancellationToken);
        return true;
    }

    private async Task<(Guid WorkspaceId, string? Id)> NextAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<(Guid, string?)>(
            """
            -- every workspace: the next subscription with something due
            select workspace_id, id from subscriptions
            where id <> all(@Waiting) and ((past_due_since is not null and (
                    (dunning_mails = 1 and past_due_since <= @Third and grace_until > @now)
                    or (dunning_mails = 2 and past_due_since <= @Sixth and grace_until > @now)
                    or (grace_until <= @now and not grace_ended)))
                or win_back_at <= @now)
            order by id limit 1
            """,
            new { now, Third = now.AddDays(-3), Sixth = now.AddDays(-6), _failed.Waiting }, cancellationToken);
    }

    private async Task HandleAsync(Guid workspaceId, string id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        // Read again: another replica may have done it while this one waited.
        if (await SubscriptionStore.FindAsync(work.Connection, workspaceId, id, cancellationToken) is { } state)
        {
            await TakeStepAsync(work, workspaceId, state, now, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
    }

    private async Task TakeStepAsync(UnitOfWork work, Guid workspaceId, SubscriptionState state, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var facts = new BillingFacts { Plan = state.Plan is { } plan ? plans.NameOf(plan) : null };
        if (state.WinBackAt <= now)
        {
            await SubscriptionStore.WriteAsync(work, workspaceId, state with { WinBackAt = null }, now, cancellationToken);
            // Those who came back by themselves need no mail.
            if ((await SubscriptionStore.LiveAsync(work, workspaceId, cancellationToken)).Count == 0)
            {
                Publish(BillingNoticeKinds.WinBack, facts);
            }
        }
        else if (state.GraceUntil <= now && !state.GraceEnded)
        {
            await sync.StoreAsync(work, workspaceId, state, state, "grace period ended", cancellationToken);
        }
        else if (state.GraceUntil > now && ReminderOf(state, now) is { } kind)
        {
            await SubscriptionStore.WriteAsync(work, workspaceId, state with { DunningMails = state.DunningMails + 1 }, now, cancellationToken);
            Publish(kind, facts with { Amount = state.Amount, Currency = state.Currency, Day = SubscriptionNotices.Day(state.GraceUntil) });
        }

        void Publish(string kind, BillingFacts about) => work.Publish(new BillingNoticeRaised(Guid.CreateVersion7(now), workspaceId, kind, about, now));
    }

    /// <summary>After the first mail, which the failure itself brings.</summary>
    private static string? ReminderOf(SubscriptionState state, DateTimeOffset now) => (state.DunningMails, now - state.PastDueSince) switch
    {
        (1, { TotalDays: >= 3 }) => BillingNoticeKinds.PaymentStillDue,
        (2, { TotalDays: >= 6 }) => BillingNoticeKinds.PaymentLastReminder,
        _ => null,
    };
}
