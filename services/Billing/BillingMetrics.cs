using System.Diagnostics.Metrics;

namespace LinkShort.Billing;

/// <summary>The meter <c>LinkShort.Billing</c>.</summary>
public sealed class BillingMetrics
{
    public const string MeterName = "LinkShort.Billing";

    private readonly Counter<long> _planChanges;
    private readonly Counter<long> _events;

    public BillingMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _planChanges = meter.CreateCounter<long>("linkshort.billing.plan_changes", "{change}", "Changes of workspaces' plans, by the plan before and after.");
        _events = meter.CreateCounter<long>("linkshort.billing.stripe_events", "{event}", "Events of Stripe, by type and outcome (handled, ignored, repeated, missing, deferred, refused).");
    }

    public void EventReceived(string type, string outcome) =>
        _events.Add(1, new KeyValuePair<string, object?>("type", type), new KeyValuePair<string, object?>("outcome", outcome));

    public void PlanChanged(string before, string after) =>
        _planChanges.Add(1, new KeyValuePair<string, object?>("from", before), new KeyValuePair<string, object?>("to", after));
}
