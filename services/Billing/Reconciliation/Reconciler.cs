using System.Globalization;
using LinkShort.Billing.Invoices;
using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Subscriptions;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stripe;

namespace LinkShort.Billing.Reconciliation;

/// <param name="Listed">Subscriptions at Stripe.</param>
/// <param name="Mended">Of those, and of ours that Stripe no longer has, how many differed.</param>
/// <param name="Unknown">Subscriptions of customers that aren't ours.</param>
/// <param name="Failed">Subscriptions, invoices and customers that could not be compared; the next run tries them again.</param>
/// <param name="Missing">Subscriptions that Stripe doesn't have, and that were kept because they are too many: the key may be of another account.</param>
/// <param name="Doubled">Workspaces with more than one live subscription.</param>
public sealed record ReconciliationReport(
    Guid Id, DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, int Listed, int Mended, int Unknown, int Failed, int Missing, int Doubled);

/// <summary>
/// Compares every subscription with Stripe's, nightly and on command, and mends what differs, as if the event that was lost came now. Each is mended in
/// a transaction of its own: a restart in the middle loses nothing, and the next run goes over all of them again. One that can't be compared holds up
/// no other; an outage ends the run.
/// </summary>
public sealed partial class Reconciler(
    IStripeClient stripe, PlanCatalog plans, SubscriptionSync sync, InvoiceStore invoices, ContactRefresher contacts, Database database,
    TimeProvider time, ILogger<Reconciler> logger)
    : BackgroundJob("Comparing subscriptions with Stripe's", time, logger), IHealthCheck
{
    public const string CheckName = "subscriptions";

    private const string Cause = "reconciliation";

    /// <summary>So many that Stripe doesn't have are ended in one run, or this share of all of them if it is more.</summary>
    private const int MostEnded = 3;
    private const double MostEndedShare = 0.02;

    /// <summary>How far back invoices are compared: events are repeated by Stripe for three days.</summary>
    private static readonly TimeSpan Invoices = TimeSpan.FromDays(35);

    private string? _warning;

    protected override TimeSpan Interval => TimeSpan.FromDays(1);

    /// <summary>Not at once: a restart of all replicas would list everything several times.</summary>
    protected override TimeSpan FirstAfter => TimeSpan.FromHours(1);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Volatile.Read(ref _warning) is { } warning ? HealthCheckResult.Degraded(warning) : HealthCheckResult.Healthy());

    public async Task<ReconciliationReport> ReconcileAsync(CancellationToken cancellationToken)
    {
        var run = new Run();
        var (id, startedAt) = (Guid.CreateVersion7(Time.GetUtcNow()), Time.GetUtcNow().ToMicroseconds());
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var subscription in new SubscriptionService(stripe).ListAutoPagingAsync(
            new SubscriptionListOptions { Status = "all", Limit = 100 }, cancellationToken: cancellationToken))
        {
            seen.Add(subscription.Id);
            run.Listed++;
            await TryAsync(run, subscription.Id, async () =>
            {
                if (await WorkspaceOfAsync(subscription.CustomerId, cancellationToken) is not { } workspaceId)
                {
                    run.Unknown++;
                }
                else if (await MendAsync(workspaceId, subscription, cancellationToken))
                {
                    run.Mended++;
                }
            }, cancellationToken);
        }

        await EndMissingAsync(run, seen, cancellationToken);
        await InvoicesAsync(run, cancellationToken);
        await RefreshContactsAsync(run, cancellationToken);
        var report = new ReconciliationReport(
            id, startedAt, Time.GetUtcNow().ToMicroseconds(), run.Listed, run.Mended, run.Unknown, run.Failed, run.Missing, await CountDoubledAsync(cancellationToken));
        await StoreAsync(report, cancellationToken);
        Log.Done(Logger, report.Listed, report.Mended, report.Unknown, report.Failed, report.Missing, report.Doubled);
        return report;
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => plans.SellsPlans ? ReconcileAsync(cancellationToken) : Task.CompletedTask;

    private async Task StoreAsync(ReconciliationReport report, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            insert into reconciliations (id, started_at, completed_at, listed, mended, unknown, failed, missing, doubled)
            values (@Id, @StartedAt, @CompletedAt, @Listed, @Mended, @Unknown, @Failed, @Missing, @Doubled);
            delete from reconciliations where started_at < @Old;
            """,
            new
            {
                report.Id, report.StartedAt, report.CompletedAt, report.Listed, report.Mended, report.Unknown, report.Failed, report.Missing, report.Doubled,
                Old = report.StartedAt.AddDays(-90),
            },
            cancellationToken);
    }

    /// <summary>Logs and counts a failure. An outage is thrown: the rest would fail as well.</summary>
    private async Task TryAsync(Run run, string entry, Func<Task> compare, CancellationToken cancellationToken)
    {
        try
        {
            await compare();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !StripeFailures.IsOutage(exception, cancellationToken))
        {
            run.Failed++;
            Log.Failed(Logger, exception, entry);
        }
    }

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
        return Differs(workspaceId, listed.Id, stored, now);
    }

    private bool Differs(Guid workspaceId, string id, SubscriptionState? stored, SubscriptionState? now)
    {
        if (now is null || (stored is not null && stored.IsSameAtStripe(now)))
        {
            return false;
        }

        Log.Mended(Logger, id, workspaceId, stored?.Status ?? "unknown", now.Status);
        return true;
    }

    /// <summary>
    /// Ends what Stripe no longer has. With the key of another account it has none of them, and every customer would lose the plan: beyond a few, none is ended.
    /// </summary>
    private async Task EndMissingAsync(Run run, HashSet<string> seen, CancellationToken cancellationToken)
    {
        IReadOnlyList<(Guid WorkspaceId, string Id)> ours;
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            ours = await connection.QueryAsync<(Guid, string)>(
                "-- every workspace: those that Stripe should have\nselect workspace_id, id from subscriptions where status not in ('canceled', 'incomplete_expired')",
                null, cancellationToken);
        }

        var missing = ours.Where(each => !seen.Contains(each.Id)).ToList();
        if (missing.Count > Math.Max(MostEnded, ours.Count * MostEndedShare))
        {
            run.Missing = missing.Count;
            Volatile.Write(
                ref _warning,
                string.Create(CultureInfo.InvariantCulture, $"Stripe doesn't have {missing.Count} of {ours.Count} subscriptions, so none was ended: is Stripe__ApiKey of another account?"));
            Log.TooManyMissing(Logger, missing.Count, ours.Count);
            return;
        }

        Volatile.Write(ref _warning, null);
        foreach (var (workspaceId, id) in missing)
        {
            await TryAsync(run, id, async () =>
            {
                await using var work = await database.BeginAsync(cancellationToken);
                await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
                var stored = await SubscriptionStore.FindAsync(work.Connection, workspaceId, id, cancellationToken);
                var now = await sync.SyncAsync(work, workspaceId, id, Cause, endIfMissing: true, cancellationToken);
                await work.CommitAsync(cancellationToken);
                run.Mended += Differs(workspaceId, id, stored, now) ? 1 : 0;
            }, cancellationToken);
        }
    }

    private async Task InvoicesAsync(Run run, CancellationToken cancellationToken)
    {
        await foreach (var invoice in new InvoiceService(stripe).ListAutoPagingAsync(
            new InvoiceListOptions { Created = new DateRangeOptions { GreaterThanOrEqual = (Time.GetUtcNow() - Invoices).UtcDateTime }, Limit = 100 },
            cancellationToken: cancellationToken))
        {
            await TryAsync(run, invoice.Id, async () =>
            {
                if (await WorkspaceOfAsync(invoice.CustomerId, cancellationToken) is not { } workspaceId)
                {
                    return;
                }

                await using var work = await database.BeginAsync(cancellationToken);
                await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
                if (!await InvoiceStore.IsSameAsync(work, workspaceId, invoice, cancellationToken))
                {
                    // Fetched again: it may have been paid since it was listed.
                    await invoices.SyncAsync(work, workspaceId, invoice.Id, cancellationToken);
                    await work.CommitAsync(cancellationToken);
                }
            }, cancellationToken);
        }
    }

    private async Task RefreshContactsAsync(Run run, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var workspaceId in contacts.WorkspacesAsync(cancellationToken))
            {
                await TryAsync(run, $"{workspaceId}", () => contacts.RefreshAsync(workspaceId, cancellationToken), cancellationToken);
            }
        }
        catch (DependencyUnavailableException exception)
        {
            // identity is unavailable; everything else was compared.
            run.Failed++;
            Log.Failed(Logger, exception, "The owners' addresses");
        }
    }

    private async Task<int> CountDoubledAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<int>(
            $"-- every workspace: those that pay twice\nselect count(*)::integer from (select from subscriptions where {SubscriptionStore.Live} group by workspace_id having count(*) > 1) doubled",
            null, cancellationToken);
    }

    private async Task<Guid?> WorkspaceOfAsync(string? customerId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<Guid?>(
            "-- every workspace: the customer's own\nselect workspace_id from customers where stripe_id = @customerId", new { customerId }, cancellationToken);
    }

    private sealed class Run
    {
        public int Listed { get; set; }

        public int Mended { get; set; }

        public int Unknown { get; set; }

        public int Failed { get; set; }

        public int Missing { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Compared {Listed} subscriptions with Stripe's: {Mended} differed and were mended, {Unknown} belong to other customers, {Failed} failed, {Missing} are missing and were kept, {Doubled} workspaces pay twice.")]
        public static partial void Done(ILogger logger, int listed, int mended, int unknown, int failed, int missing, int doubled);

        [LoggerMessage(LogLevel.Warning, "The subscription {Subscription} of workspace {WorkspaceId} was {Before} here and is {After} at Stripe: an event was lost.")]
        public static partial void Mended(ILogger logger, string subscription, Guid workspaceId, string before, string after);

        [LoggerMessage(LogLevel.Error, "{Entry} could not be compared with Stripe's. The others are; the next run tries it again.")]
        public static partial void Failed(ILogger logger, Exception exception, string entry);

        [LoggerMessage(LogLevel.Error, "Stripe doesn't have {Missing} of {Ours} subscriptions, so none was ended. Check that Stripe__ApiKey is of the account that sold them.")]
        public static partial void TooManyMissing(ILogger logger, int missing, int ours);
    }
}
