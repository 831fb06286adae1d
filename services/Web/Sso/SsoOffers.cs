using LinkShort.Web.Api;

namespace LinkShort.Web.Sso;

/// <summary>The installation's providers. They change with its settings only, so one request asks for all those of a minute.</summary>
public sealed class SsoOffers(IServiceScopeFactory scopes, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>The page isn't worth waiting longer for: a password works without.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private volatile Answer? _last;

    /// <returns>None when the API doesn't answer.</returns>
    public async Task<IReadOnlyList<SsoProvider>> CurrentAsync()
    {
        if (_last is { } known && time.GetUtcNow() - known.At < Lifetime)
        {
            return known.Providers;
        }

        using var patience = new CancellationTokenSource(Patience, time);
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            var answer = await scope.ServiceProvider.GetRequiredService<LinkShortApi>().SsoProvidersAsync(patience.Token);
            if (answer.Value is { } list)
            {
                _last = new Answer(list.Items, time.GetUtcNow());
                return list.Items;
            }
        }
        catch (OperationCanceledException)
        {
            // Too slow: as good as not known.
        }

        return _last?.Providers ?? [];
    }

    private sealed record Answer(IReadOnlyList<SsoProvider> Providers, DateTimeOffset At);
}
