using LinkShort.Billing.Plans;
using LinkShort.Billing.Subscriptions;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Stripe;
using Stripe.Checkout;

namespace LinkShort.Billing.Checkout;

/// <summary>GET /api/v1/billing/checkout/{sessionId}: for the page that people come back to. It polls until <c>complete</c>.</summary>
public static class GetCheckout
{
    /// <summary>Stripe's event usually arrives before the browser does; after this time Stripe is asked.</summary>
    private static readonly TimeSpan AskAfter = TimeSpan.FromSeconds(5);

    /// <param name="Status"><c>open</c>: not paid yet, or not known yet. <c>complete</c>: the plan is active. <c>expired</c>: start again.</param>
    /// <param name="Name">The plan's name as shown.</param>
    /// <param name="TrialEnd">Null without a trial.</param>
    public sealed record Response(string Status, string Plan, string Name, string Interval, DateTimeOffset? TrialEnd);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        string sessionId, CurrentWorkspace workspace, Database database, PlanCatalog plans, IStripeClient stripe, CheckoutCompletion completion, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        Row? row;
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            row = await connection.QuerySingleOrDefaultAsync<Row>(
                """
                update checkouts c set asked_at = case when c.state = 'open' and coalesce(c.asked_at <= @Before, true) then @now else c.asked_at end
                from (select id, asked_at from checkouts where workspace_id = @Id and session_id = @sessionId for update) before
                where c.workspace_id = @Id and c.id = before.id
                returning c.plan, c.interval, c.state, c.state = 'open' and coalesce(before.asked_at <= @Before, false) as is_due
                """,
                new { workspace.Id, sessionId, now, Before = now - AskAfter }, cancellationToken);
        }

        if (row is null)
        {
            return Problems.NotFound.Result();
        }

        if (row.IsDue)
        {
            var session = await new SessionService(stripe).GetAsync(sessionId, cancellationToken: cancellationToken);
            row = row with { State = await completion.CompleteAsync(workspace.Id, session, "checkout page", cancellationToken) };
        }

        await using var reading = await database.OpenAsync(cancellationToken);
        var subscription = row.State == "complete" ? await SubscriptionStore.CurrentAsync(reading, workspace.Id, cancellationToken) : null;
        return TypedResults.Ok(new Response(row.State, row.Plan, plans.NameOf(row.Plan), row.Interval, subscription?.TrialEnd));
    }

    private sealed record Row(string Plan, string Interval, string State, bool IsDue);
}
