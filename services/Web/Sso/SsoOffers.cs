using LinkShort.Web.Api;

namespace LinkShort.Web.Sso;

/// <summary>The installation's providers. They change only with its settings, so one request serves a minute.</summary>
public sealed class SsoOffers(IServiceScopeFactory scopes, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>The page shouldn't wait longer: passwords work without providers.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private volatile Answer? _last;

    /// <returns>Empty if the API is unavailable.</returns>
    public async Task<IReadOnlyList<SsoProvider>> CurrentAsync()
    {
        if (_last is { } known && time.GetUtcNow() - known.At < Lifetime)
        {
            return known.Providers;
        }

        using var timeout = new CancellationTokenSource(Timeout, time);
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            var answer = await scope.ServiceProvider.GetRequiredService<LinkShortApi>().SsoProvidersAsync(timeout.Token);
            if (answer.Value is { } list)
            {
                _last = new Answer(list.Items, time.GetUtcNow());
                return list.Items;
            }
        }
        catch (OperationCanceledException)
        {
            // Timed out: treated as unknown.
        }

        return _last?.Providers ?? [];
    }

    private sealed record Answer(IReadOnlyList<SsoProvider> Providers, DateTimeOffset At);
}
