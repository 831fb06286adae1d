using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Billing.Plans;

/// <summary>Why a workspace has its plan.</summary>
public static class PlanSources
{
    public const string Default = "default";

    /// <summary>An operator chose it.</summary>
    public const string Grant = "grant";

    /// <summary>It was bought.</summary>
    public const string Subscription = "subscription";
}

/// <summary>
/// Decides the plan of a workspace from everything that is stored about it, and publishes it if it changed. Everything that may change a plan calls
/// <see cref="ApplyAsync"/> in its own transaction, after its change: there is one place that decides.
/// </summary>
public sealed class CurrentPlans(PlanCatalog plans, AuditTrail audit, BillingMetrics metrics, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Changes of one workspace's plan wait for each other until the transaction ends. Call it before reading what the change depends on.</summary>
    public static Task LockAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended(@workspaceId::text, 13))", new { workspaceId }, cancellationToken);
    }

    /// <param name="cause">For the audit log: by what, such as <c>operator</c> or the id of Stripe's event.</param>
    /// <returns>Whether the workspace is on another plan now.</returns>
    public async Task<bool> ApplyAsync(UnitOfWork work, Guid workspaceId, string cause, CancellationToken cancellationToken)
    {
        await LockAsync(work, workspaceId, cancellationToken);
        var now = time.GetUtcNow();
        var before = await work.QuerySingleOrDefaultAsync<Row>(
            "select plan, source, entitlements::text as entitlements, version from current_plans where workspace_id = @workspaceId",
            new { workspaceId }, cancellationToken);
        var (entitlements, source) = await DecideAsync(work, workspaceId, before, now, cancellationToken);
        var text = JsonSerializer.Serialize(entitlements, Json);
        var previous = before?.Plan ?? plans.Default.Plan;
        if (before is null ? source == PlanSources.Default : before.Source == source && IsSame(before.Entitlements, entitlements))
        {
            return false;
        }

        var version = Math.Max((before?.Version ?? 0) + 1, now.ToUnixTimeMilliseconds());
        await work.ExecuteAsync(
            """
            insert into current_plans (workspace_id, plan, source, entitlements, version, changed_at)
            values (@workspaceId, @Plan, @source, @text::jsonb, @version, @now)
            on conflict (workspace_id) do update set plan = excluded.plan, source = excluded.source, entitlements = excluded.entitlements,
                version = excluded.version, changed_at = excluded.changed_at
            """,
            new { workspaceId, entitlements.Plan, source, text, version, now }, cancellationToken);
        work.Publish(new SubscriptionChanged(workspaceId, entitlements, version, now));
        if (previous == entitlements.Plan && before?.Source == source)
        {
            return false;
        }

        work.Publish(audit.Entry(
            "subscription.planChanged", "workspace", workspaceId, new { plan = previous, source = before?.Source ?? PlanSources.Default },
            new { plan = entitlements.Plan, source, cause }, workspaceId).OrSystem());
        metrics.PlanChanged(previous, entitlements.Plan);
        return previous != entitlements.Plan;
    }

    /// <summary>A plan that was removed from the settings keeps what it allowed: nobody loses what they pay for by a change of settings.</summary>
    private async Task<(Entitlements Entitlements, string Source)> DecideAsync(
        UnitOfWork work, Guid workspaceId, Row? before, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var granted = await work.ExecuteScalarAsync<string?>(
            "select plan from plan_grants where workspace_id = @workspaceId and (ends_at is null or ends_at > @now)",
            new { workspaceId, now }, cancellationToken);
        var bought = await work.QueryAsync<string>(
            """
            select plan from subscriptions where workspace_id = @workspaceId and plan is not null
                and (status in ('active', 'trialing') or (status = 'past_due' and grace_until > @now))
            """,
            new { workspaceId, now }, cancellationToken);
        // A granted plan takes nothing away that is paid for.
        var best = bought.Select(plan => (Plan: plan, Source: PlanSources.Subscription))
            .Concat(granted is null ? [] : [(Plan: granted, Source: PlanSources.Grant)])
            .OrderByDescending(each => plans.Find(each.Plan)?.Rank ?? 0)
            .FirstOrDefault();
        return best.Plan is null ? (plans.Default, PlanSources.Default) : (EntitlementsOf(best.Plan, before), best.Source);
    }

    private Entitlements EntitlementsOf(string plan, Row? before) =>
        plans.Find(plan)?.Entitlements
        ?? (before?.Plan == plan ? JsonSerializer.Deserialize<Entitlements>(before.Entitlements, Json) : null)
        ?? plans.Default;

    /// <summary>jsonb doesn't keep the order of members, so values are compared.</summary>
    private static bool IsSame(string stored, Entitlements entitlements)
    {
        using var before = JsonDocument.Parse(stored);
        using var after = JsonSerializer.SerializeToDocument(entitlements, Json);
        return JsonElement.DeepEquals(before.RootElement, after.RootElement);
    }

    private sealed record Row(string Plan, string Source, string Entitlements, long Version);
}
