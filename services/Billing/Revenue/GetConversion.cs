using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Revenue;

/// <summary>GET /api/v1/admin/billing/conversion: who came, who tried, who paid.</summary>
public static class GetConversion
{
    private const int Months = 24;

    /// <param name="Cohorts">By the month of the sign-up, the latest 24, newest first.</param>
    public sealed record Response(IReadOnlyList<CohortResponse> Cohorts);

    /// <param name="Month">Its first day, UTC.</param>
    /// <param name="SignUps">Accounts whose personal workspace was created in the month.</param>
    /// <param name="Paid">Of those workspaces, how many have ever paid.</param>
    /// <param name="Trials">Trials that began in the month, of whatever sign-ups.</param>
    /// <param name="TrialsConverted">Of those, how many were paid for afterwards.</param>
    /// <param name="TrialsRunning">Of those, how many have not ended yet.</param>
    public sealed record CohortResponse(DateOnly Month, int SignUps, int Paid, int Trials, int TrialsConverted, int TrialsRunning);

    public static async Task<Ok<Response>> HandleAsync(Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var current = new DateOnly(now.Year, now.Month, 1);
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<CohortResponse>(
            """
            -- every workspace: the installation's sign-ups and trials
            with paying as (select distinct workspace_id from revenue_changes),
            cohorts as (
                select date_trunc('month', s.registered_at at time zone 'UTC')::date as month, count(*)::int as sign_ups, count(p.workspace_id)::int as paid
                from sign_ups s left join paying p using (workspace_id) group by 1),
            trials as (
                select date_trunc('month', s.created_at at time zone 'UTC')::date as month, count(*)::int as trials,
                    count(*) filter (where exists (select from revenue_changes r where r.workspace_id = s.workspace_id and r.subscription_id = s.id))::int as converted,
                    count(*) filter (where s.status = 'trialing')::int as running
                from subscriptions s where s.trial_end is not null group by 1)
            select m::date as month, coalesce(c.sign_ups, 0) as sign_ups, coalesce(c.paid, 0) as paid, coalesce(t.trials, 0) as trials,
                coalesce(t.converted, 0) as trials_converted, coalesce(t.running, 0) as trials_running
            from generate_series(@First::date, @current::date, interval '1 month') m
            left join cohorts c on c.month = m::date left join trials t on t.month = m::date
            order by m desc
            """,
            new { First = current.AddMonths(1 - Months), current }, cancellationToken);
        return TypedResults.Ok(new Response(rows));
    }
}
