using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Billing.Subscriptions;

/// <summary>The table <c>subscriptions</c>.</summary>
public static class SubscriptionStore
{
    private const string Columns = """
        id, status, plan, interval, item_id, price_id, amount, currency, period_start, period_end, trial_end, cancel_at, ended_at, schedule_id, next_plan, next_interval,
        past_due_since, grace_until, grace_ended, dunning_mails, win_back_at, monthly_amount, created_at
        """;

    /// <summary>SQL for <see cref="SubscriptionState.IsLive"/>.</summary>
    public const string Live = "status in ('active', 'trialing', 'past_due', 'unpaid', 'paused')";

    public static Task<SubscriptionState?> FindAsync(NpgsqlConnection connection, Guid workspaceId, string id, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<SubscriptionState>(
            $"select {Columns} from subscriptions where workspace_id = @workspaceId and id = @id", new { workspaceId, id }, cancellationToken);

    /// <returns>The subscription that hasn't ended, or the one that ended last; null for a workspace that never had one.</returns>
    public static Task<SubscriptionState?> CurrentAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<SubscriptionState>(
            $"""
            select {Columns} from subscriptions where workspace_id = @workspaceId
            order by status in ('canceled', 'incomplete_expired'), status = 'incomplete', ended_at desc nulls first, created_at desc, id limit 1
            """,
            new { workspaceId }, cancellationToken);

    /// <summary>Those that are charged: one at most, unless two checkouts were paid at once.</summary>
    public static Task<IReadOnlyList<string>> LiveAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.QueryAsync<string>($"select id from subscriptions where workspace_id = @workspaceId and {Live} order by created_at, id", new { workspaceId }, cancellationToken);
    }

    public static Task WriteAsync(UnitOfWork work, Guid workspaceId, SubscriptionState state, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(state);
        return work.ExecuteAsync(
            """
            insert into subscriptions (workspace_id, id, status, plan, interval, item_id, price_id, amount, currency, period_start, period_end, trial_end, cancel_at,
                ended_at, schedule_id, next_plan, next_interval, past_due_since, grace_until, grace_ended, dunning_mails, win_back_at, monthly_amount, created_at,
                fetched_at)
            values (@workspaceId, @Id, @Status, @Plan, @Interval, @ItemId, @PriceId, @Amount, @Currency, @PeriodStart, @PeriodEnd, @TrialEnd, @CancelAt,
                @EndedAt, @ScheduleId, @NextPlan, @NextInterval, @PastDueSince, @GraceUntil, @GraceEnded, @DunningMails, @WinBackAt, @MonthlyAmount,
                @CreatedAt, @now)
            on conflict (id) do update set status = excluded.status, plan = excluded.plan, interval = excluded.interval, item_id = excluded.item_id,
                price_id = excluded.price_id, amount = excluded.amount, currency = excluded.currency, period_start = excluded.period_start,
                period_end = excluded.period_end, trial_end = excluded.trial_end, cancel_at = excluded.cancel_at, ended_at = excluded.ended_at,
                schedule_id = excluded.schedule_id, next_plan = excluded.next_plan, next_interval = excluded.next_interval,
                past_due_since = excluded.past_due_since, grace_until = excluded.grace_until, grace_ended = excluded.grace_ended, dunning_mails = excluded.dunning_mails,
                win_back_at = excluded.win_back_at, monthly_amount = excluded.monthly_amount, fetched_at = excluded.fetched_at
            """,
            new
            {
                workspaceId, now, state.Id, state.Status, state.Plan, state.Interval, state.ItemId, state.PriceId, state.Amount, state.Currency, state.PeriodStart,
                state.PeriodEnd, state.TrialEnd, state.CancelAt, state.EndedAt, state.ScheduleId, state.NextPlan, state.NextInterval, state.PastDueSince,
                state.GraceUntil, state.GraceEnded, state.DunningMails, state.WinBackAt, state.MonthlyAmount, state.CreatedAt,
            },
            cancellationToken);
    }
}
