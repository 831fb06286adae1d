using LinkShort.Web.Api;

namespace LinkShort.Web.Revenue;

/// <summary>Whether the installation sells plans. That is a setting of billing, which is remembered for a minute.</summary>
public sealed class SalesState(TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private Known? _known;

    /// <summary>While billing doesn't answer, its page is offered and reports the outage.</summary>
    public async Task<bool> IsOnAsync(LinkShortApi api, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(api);
        if (Volatile.Read(ref _known) is { } known && time.GetElapsedTime(known.At) < Freshness)
        {
            return known.IsOn;
        }

        var problem = (await api.CheckSalesAsync(cancellationToken)).Problem;
        var isOn = problem is not { Slug: "billing-disabled" };
        if (problem is null || !isOn)
        {
            Volatile.Write(ref _known, new Known(isOn, time.GetTimestamp()));
        }

        return isOn;
    }

    private sealed record Known(bool IsOn, long At);
}
