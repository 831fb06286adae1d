using System.Diagnostics.Metrics;

namespace LinkShort.Links;

/// <summary>The meter <c>LinkShort.Links</c>.</summary>
public sealed class LinksMetrics
{
    public const string MeterName = "LinkShort.Links";

    private readonly Counter<long> _created;
    private readonly Counter<long> _collisions;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _limited;

    public LinksMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _created = meter.CreateCounter<long>("linkshort.links.created", "{link}", "Links created, by whether the code was custom or generated.");
        _collisions = meter.CreateCounter<long>("linkshort.links.code_collisions", "{collision}", "Generated codes that another link had already.");
        _refused = meter.CreateCounter<long>("linkshort.links.codes_taken", "{request}", "Custom codes that were refused because another link has them.");
        _limited = meter.CreateCounter<long>("linkshort.links.plan_limits_reached", "{request}", "Creations that were refused because the plan's links of the month are used up.");
    }

    public void Created(bool customCode) => _created.Add(1, new KeyValuePair<string, object?>("code", customCode ? "custom" : "generated"));

    public void Collided() => _collisions.Add(1);

    public void CodeTaken() => _refused.Add(1);

    public void LimitReached() => _limited.Add(1);
}
