using System.Collections.Concurrent;
using LinkShort.Redirect.ReadModel;
using LinkShort.ServiceDefaults;
using Npgsql;

namespace LinkShort.Redirect.Routing;

/// <param name="Outcome"><see cref="Outcome.Redirect"/> when a link was found (whether it redirects now, <see cref="Decision"/> says),
/// <see cref="Outcome.NotFound"/>, or <see cref="Outcome.Unavailable"/>.</param>
public readonly record struct Lookup(Outcome Outcome, Route? Route)
{
    public static readonly Lookup NotFound = new(Outcome.NotFound, null);
    public static readonly Lookup Unavailable = new(Outcome.Unavailable, null);

    public static Lookup Of(Route? route) => route is null ? NotFound : new Lookup(Outcome.Redirect, route);
}

/// <summary>
/// Finds the link of a short address: memory → Redis → PostgreSQL → links itself, for what the read model doesn't have yet. One
/// look-up per address is in flight at a time. What is away is skipped; "not found" is only said by stores that can know. Codes that
/// the filter over all codes excludes are asked for within a budget; beyond it the filter's word counts, while the stores were last seen up.
/// </summary>
public sealed partial class RouteTable(
    RouteCache cache, CodeFilter filter, LookupBudget budget, SharedRouteCache shared, RouteStore store, LinksClient links,
    RedirectTelemetry telemetry, ILogger<RouteTable> logger)
{
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, Task<Lookup>> _inFlight = new(StringComparer.Ordinal);

    // As the last look-ups left them. While the budget is used up, there are dozens of them a second. Before the first one: the filter,
    // without which nobody asks here, was read from the store.
    private volatile bool _isStoreUp = true;
    private volatile bool _isLinksUp = true;

    /// <summary>From memory: neither waits nor allocates nor counts.</summary>
    /// <param name="key">As <see cref="RouteKey.Text"/>.</param>
    /// <param name="tier">For <see cref="RedirectTelemetry.FoundIn"/>.</param>
    public bool TryPeek(ReadOnlySpan<char> key, out Lookup lookup, out Tier tier)
    {
        var hash = CodeHash.Of(key);
        if (cache.TryGet(key, hash, out var route))
        {
            lookup = Lookup.Of(route);
            tier = Tier.Memory;
            return true;
        }

        tier = Tier.Filter;
        lookup = ByFilter;
        return filter.Excludes(hash) && budget.IsExhausted;
    }

    /// <inheritdoc cref="TryPeek"/>
    public bool TryFind(ReadOnlySpan<char> key, out Lookup lookup)
    {
        if (TryPeek(key, out lookup, out var tier))
        {
            telemetry.FoundIn(tier);
            return true;
        }

        return false;
    }

    /// <summary>From behind. Never throws but for <paramref name="cancellationToken"/>, which ends the wait and not the look-up.</summary>
    public Task<Lookup> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (!_inFlight.TryGetValue(key, out var task))
        {
            var mine = new TaskCompletionSource<Lookup>(TaskCreationOptions.RunContinuationsAsynchronously);
            task = _inFlight.GetOrAdd(key, mine.Task);
            if (task == mine.Task)
            {
                _ = CompleteAsync(key, mine);
            }
        }

        return task.WaitAsync(cancellationToken);
    }

    /// <summary>Takes over what another replica or this one has just written, where it is of interest here.</summary>
    public void Changed(string key, RouteState state)
    {
        if (state.Route is not null)
        {
            filter.Add(key);
        }

        // A look-up in flight may have read the state before: it will find the newer one here, and give way.
        if (_inFlight.ContainsKey(key) || cache.Contains(key))
        {
            cache.Set(key, state, cache.Generation);
        }
    }

    /// <summary>Messages may have been missed: asks again for everything.</summary>
    public void DistrustMemory()
    {
        cache.DistrustAll();
        filter.Distrust();
    }

    /// <summary>No messages come from now on, until <see cref="DistrustMemory"/>.</summary>
    public void CutOff() => filter.CutOff();

    private Lookup ByFilter => _isStoreUp && _isLinksUp ? Lookup.NotFound : Lookup.Unavailable;

    private async Task CompleteAsync(string key, TaskCompletionSource<Lookup> result)
    {
        var lookup = Lookup.Unavailable;
        try
        {
            lookup = await LookUpAsync(key);
        }
        catch (Exception exception)
        {
            // A bug: nobody is left waiting for it.
            Log.Failed(logger, exception);
        }
        finally
        {
            _inFlight.TryRemove(key, out _);
            result.SetResult(lookup);
        }
    }

    private async Task<Lookup> LookUpAsync(string key)
    {
        var generation = cache.Generation;
        var isExcluded = filter.Excludes(CodeHash.Of(key));
        if (isExcluded && !budget.TryTake())
        {
            telemetry.FoundIn(Tier.Filter);
            return ByFilter;
        }

        // What the filter excludes was made just now, if at all: too late for Redis.
        if (!isExcluded && await shared.GetAsync(key) is { Route: not null } remembered)
        {
            telemetry.FoundIn(Tier.Redis);
            filter.Add(key);
            return Lookup.Of(cache.Set(key, remembered, generation).Route);
        }

        RouteState? stored = null;
        try
        {
            using var timeout = new CancellationTokenSource(StoreTimeout);
            stored = await store.FindAsync(RouteKey.FromText(key), timeout.Token);
            _isStoreUp = true;
        }
        // Whatever PostgreSQL answers: there may be no tables yet.
        catch (Exception exception) when (exception is NpgsqlException || Outages.IsOutageOrDeadline(exception, CancellationToken.None))
        {
            _isStoreUp = false;
            Log.StoreAway(logger, exception.Message);
        }

        if (stored is { Route: not null } known)
        {
            telemetry.FoundIn(Tier.Store);
            filter.Add(key);
            shared.Remember(key, known);
            return Lookup.Of(cache.Set(key, known, generation).Route);
        }

        if (stored is null && cache.LastKnown(key) is { } old)
        {
            telemetry.FoundIn(Tier.Stale);
            return Lookup.Of(old);
        }

        return await AskLinksAsync(key, stored, generation);
    }

    private async Task<Lookup> AskLinksAsync(string key, RouteState? stored, int generation)
    {
        var answer = await links.FindAsync(RouteKey.FromText(key));
        _isLinksUp = answer is not null;
        if (answer is { Link: { } link })
        {
            telemetry.FoundIn(Tier.Links);
            filter.Add(key);
            var route = Route.Of(link);
            // The event is on its way; until it comes this is as good, but for a moment only.
            if (stored is not null)
            {
                await TryStoreAsync(link);
            }

            return Lookup.Of(route);
        }

        if (answer is null || stored is null)
        {
            telemetry.FoundIn(Tier.None);
            return Lookup.Unavailable;
        }

        telemetry.FoundIn(Tier.None);
        return Lookup.Of(cache.Set(key, new RouteState(null, stored.Value.Revision), generation).Route);

        async Task TryStoreAsync(Contracts.LinkSnapshot link)
        {
            try
            {
                using var timeout = new CancellationTokenSource(StoreTimeout);
                await store.ApplyAsync(link, timeout.Token);
                if (await store.FindAsync(RouteKey.FromText(key), timeout.Token) is { Route: not null } fresh)
                {
                    shared.Remember(key, fresh);
                    cache.Set(key, fresh, generation);
                }
            }
            catch (Exception exception) when (exception is NpgsqlException || Outages.IsOutageOrDeadline(exception, CancellationToken.None))
            {
                Log.StoreAway(logger, exception.Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The read model can't be asked now: {Reason}")]
        public static partial void StoreAway(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "A look-up failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
