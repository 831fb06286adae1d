using LinkShort.Billing.Invoices;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Subscriptions;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Stripe;

namespace LinkShort.Billing.Reconciliation;

/// <param name="Listed">Subscriptions at Stripe.</param>
/// <param name="Mended">Of those, and of ours that Stripe no longer has, how many differed.</param>
/// <param name="Unknown">Subscriptions of customers that aren't ours.</param>
public sealed record ReconciliationReport(Guid Id, DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, int Listed, int Mended, int Unknown);

/// <summary>
/// Compares every subscription with Stripe's, nightly and on command, and mends what differs, as if the event that was lost came now. Each is mended in
/// a transaction of its own: a restart in the middle loses nothing, and the next run goes over all of them again.
/// </summary>
public sealed partial class Reconciler(
    IStripeClient stripe, PlanCatalog plans, SubscriptionSync sync, InvoiceStore invoices, Database database, TimeProvider time, ILogger<Reconciler> logger)
    : BackgroundJob("Comparing subscriptions with Stripe's", time, logger)
{
    private const string Cause = "reconciliation";

    /// <summary>How far back invoices are compared: events are repeated by Stripe for three days.</summary>
    private static readonly TimeSpan Invoices = TimeSpan.FromDays(35);

    protected override TimeSpan Interval => TimeSpan.FromDays(1);

    /// <summary>Not at once: a restart of all replicas would list everything several times.</summary>
    protected override TimeSpan FirstAfter => TimeSpan.FromHours(1);

    public async Task<ReconciliationReport> ReconcileAsync(CancellationToken cancellationToken)
    {
        var report = new ReconciliationReport(Guid.CreateVersion7(Time.GetUtcNow()), Time.GetUtcNow().ToMicroseconds(), null, 0, 0, 0);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var subscription in new SubscriptionService(stripe).ListAutoPagingAsync(
            new SubscriptionListOptions { Status = "all", Limit = 100 }, cancellationToken: cancellationToken))
        {
            seen.Add(subscription.Id);
            var workspaceId = await WorkspaceOfAsync(subscription.CustomerId, cancellationToken);
            report = report with
            {
                Listed = report.Listed + 1,
                Unknown = report.Unknown + (workspaceId is null ? 1 : 0),
                Mended = report.Mended + (workspaceId is { } id && await MendAsync(id, subscription, cancellationToken) ? 1 : 0),
            };
        }

        report = report with { Mended = report.Mended + await EndMissingAsync(seen, cancellationToken) };
        await InvoicesAsync(cancellationToken);
        report = report with { CompletedAt = Time.GetUtcNow().ToMicroseconds() };
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            insert into reconciliations (id, started_at, completed_at, listed, mended, unknown) values (@Id, @StartedAt, @CompletedAt, @Listed, @Mended, @Unknown);
            delete from reconciliations where started_at < @Old;
            """,
            new { report.Id, report.StartedAt, report.CompletedAt, report.Listed, report.Mended, report.Unknown, Old = report.StartedAt.AddDays(-90) }, cancellationToken);
        Log.Done(Logger, report.Listed, report.Mended, report.Unknown);
        return report;
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => plans.SellsPlans ? ReconcileAsync(cancellationToken) : Task.CompletedTask;

    private async Task<bool> MendAsync(Guid workspaceId, Subscription listed, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        var stored = await SubscriptionStore.FindAsync(work.Connection, workspaceId, listed.Id, cancellationToken);
        if (stored is not null && stored.IsSameAtStripe(SubscriptionState.Of(listed, null, plans)))
        {
            return false;
        }

        // Fetched again: the list is older than the lock.
        var now = await sync.SyncAsync(work, workspaceId, listed.Id, Cause, cancellationToken);
        await work.CommitAsync(cancellationToken);
        if (now is not null && (stored is null || !stored.IsSameAtStripe(now)))
        {
            Log.Mended(Logger, listed.Id, workspaceId, stored?.Status ?? "unknown", now.Status);
            return true;
        }

        return false;
    }

    private async Task<int> EndMissingAsync(HashSet<string> seen, CancellationToken cancellationToken)
    {
        IReadOnlyList<(Guid WorkspaceId, string Id)> ours;
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            ours = await connection.QueryAsync<(Guid, string)>(
                "-- every workspace: those that Stripe should have\nselect workspace_id, id from subscriptions where status not in ('canceled', 'incomplete_expired')",
                null, cancellationToken);
        }

        var missing = ours.Where(each => !seen.Contains(each.Id)).ToList();
        foreach (var (workspaceId, id) in missing)
        {
            await using var work = await database.BeginAsync(cancellationToken);
            await sync.SyncAsync(work, workspaceId, id, Cause, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }

        return missing.Count;
    }

    private async Task InvoicesAsync(CancellationToken cancellationToken)
    {
        await foreach (var invoice in new InvoiceService(stripe).ListAutoPagingAsync(
            new InvoiceListOptions { Created = new DateRangeOptions { GreaterThanOrEqual = (Time.GetUtcNow() - Invoices).UtcDateTime }, Limit = 100 },
            cancellationToken: cancellationToken))
        {
            if (await WorkspaceOfAsync(invoice.CustomerId, cancellationToken) is { } workspaceId)
            {
                await using var work = await database.BeginAsync(cancellationToken);
                await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
                await invoices.WriteAsync(work, workspaceId, invoice, cancellationToken);
                await work.CommitAsync(cancellationToken);
            }
        }
    }

    private async Task<Guid?> WorkspaceOfAsync(string? customerId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<Guid?>(
            "-- every workspace: the customer's own\nselect workspace_id from customers where stripe_id = @customerId", new { customerId }, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Compared {Listed} subscriptions with Stripe's: {Mended} differed and were mended, {Unknown} belong to other customers.")]
        public static partial void Done(ILogger logger, int listed, int mended, int unknown);

        [LoggerMessage(LogLevel.Warning, "The subscription {Subscription} of workspace {WorkspaceId} was {Before} here and is {After} at Stripe: an event was lost.")]
        public static partial void Mended(ILogger logger, string subscription, Guid workspaceId, string before, string after);
    }
}
