using LinkShort.Web.Api;

namespace LinkShort.Web.Billing;

/// <summary>The installation's plans. They change only with its settings, so one request serves a minute.</summary>
public sealed class PlanOffers(IServiceScopeFactory scopes, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>Pages shouldn't wait for billing to come back, one after the other.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private volatile Answer? _last;

    /// <returns>Null where no plans are sold, or while it is unknown.</returns>
    public async Task<PlanList?> CurrentAsync() => (await AskAsync()).Value;

    /// <returns>The problem is <c>billing-disabled</c> where no plans are sold.</returns>
    public async Task<ApiResult<PlanList>> AskAsync()
    {
        if (_last is { } known && time.GetUtcNow() < known.Until)
        {
            return known.Plans;
        }

        var asked = await ReadAsync();
        if (asked.Value is not null || asked.Problem is { Status: StatusCodes.Status404NotFound })
        {
            _last = new Answer(asked, time.GetUtcNow() + Lifetime);
            return asked;
        }

        // Prices of a minute ago are better than none.
        var last = _last?.Plans ?? asked;
        _last = new Answer(last, time.GetUtcNow() + Pause);
        return last;
    }

    private async Task<ApiResult<PlanList>> ReadAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            return await scope.ServiceProvider.GetRequiredService<LinkShortApi>().ListPlansAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            return ApiProblem.Unreachable;
        }
    }

    private sealed record Answer(ApiResult<PlanList> Plans, DateTimeOffset Until);
}
