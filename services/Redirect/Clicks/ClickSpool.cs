using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Clicks;

/// <summary>This process's own spool, and those that it adopted. Under <c>LINKSHORT_DATA</c>/spool.</summary>
public sealed class ClickSpool : IDisposable, IHealthCheck
{
    private readonly string _root;
    private readonly List<Spool> _adopted = [];

    public ClickSpool(IConfiguration configuration, SpoolQuota quota, IOptions<RedirectOptions> options)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(options);
        _root = Path.Combine(Path.GetFullPath(configuration["LINKSHORT_DATA"] is { Length: > 0 } data ? data : ".data"), "spool");
        Quota = quota;
        Own = Spool.Create(_root, quota, options.Value.SpoolSegmentBytes);
    }

    public SpoolQuota Quota { get; }

    public Spool Own { get; }

    public IReadOnlyList<Spool> Adopted => [.. _adopted];

    public void AdoptAbandoned() => _adopted.AddRange(Spool.Adopt(_root, Quota));

    /// <summary>Removes an adopted spool that is drained.</summary>
    public void Release(Spool spool)
    {
        ArgumentNullException.ThrowIfNull(spool);
        _adopted.Remove(spool);
        spool.Dispose();
    }

    /// <summary>Degraded when clicks are being dropped, or soon will be.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Quota.Used > Quota.Limit / 5 * 4
            ? HealthCheckResult.Degraded("The click spool is nearly full: is the broker away?")
            : HealthCheckResult.Healthy());

    public void Dispose()
    {
        foreach (var spool in _adopted)
        {
            spool.Dispose();
        }

        Own.Dispose();
    }
}
