using System.Collections.Concurrent;
using LinkShort.Redirect.ReadModel;
using LinkShort.ServiceDefaults;
using Npgsql;

namespace LinkShort.Redirect.Routing;

/// <param name="Outcome"><see cref="Outcome.Redirect"/> if a link was found (<see cref="Decision"/> decides whether it redirects now),
/// <see cref="Outcome.NotFound"/>, or <see cref="Outcome.Unavailable"/>.</param>
public readonly record struct Lookup(Outcome Outcome, Route? Route)
{
    public static readonly Lookup NotFound = new(Outcome.NotFound, null);
    public static readonly Lookup Unavailable = new(Outcome.Unavailable, null);

    public static Lookup Of(Route? route) => route is null ? NotFound : new Lookup(Outcome.Redirect, route);
}

/// <summary>
/// Finds the link of a short URL: memory → Redis → PostgreSQL → links itself, for links that the read model doesn't have yet. One lookup
/// per short URL is in flight at a time. Unreachable tiers are skipped; only PostgreSQL and links together decide "not found". A code that
/// the filter excludes, or that was not found before, may belong to a link created since: it is looked up within a budget, and beyond that
/// it is not found as long as the last lookups reached the stores (ADR 52).
/// </summary>
public sealed partial class RouteTable(
    RouteCache cache, CodeFilter filter, LookupBudget budget, SharedRouteCache shared, RouteStore store, LinksClient links,
    RedirectTelemetry telemetry, ILogger<RouteTable> logger)
{
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<string, Flight> _inFlight = new(StringComparer.Ordinal);

    // By the last lookups; while the budget is used up, there are dozens a second. True before the first one: these fields matter only
    // with a loaded filter, which was read from the store.
    private volatile bool _isStoreUp = true;
    private volatile bool _isLinksUp = true;

    /// <summary>Looks up in memory, without waiting, allocating or counting.</summary>
    /// <param name="key">As <see cref="RouteKey.Text"/>.</param>
    /// <param name="tier">For <see cref="RedirectTelemetry.FoundIn"/>.</param>
    public bool TryPeek(ReadOnlySpan<char> key, out Lookup lookup, out Tier tier)
    {
        var hash = CodeHash.Of(key);
        if (cache.TryGet(key, hash, out var route))
        {
            lookup = route is null ? Missing : Lookup.Of(route);
            tier = Tier.Memory;
            return route is not null || budget.Remembered.IsExhausted;
        }

        tier = Tier.Filter;
        lookup = Missing;
        return filter.Excludes(hash) && budget.Excluded.IsExhausted;
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

    /// <summary>Looks up in the other tiers. Throws only for <paramref name="cancellationToken"/>, which cancels the wait, not the lookup.</summary>
    public Task<Lookup> FindAsync(string key, CancellationToken cancellationToken) =>
        Join(key, out var flight) ? flight.Result.WaitAsync(cancellationToken) : FindAfterAsync(flight, cancellationToken);

    /// <summary>Applies a state that this or another replica has just written, if it is cached here.</summary>
    public void Changed(string key, RouteState state)
    {
        if (state.Route is not null)
        {
            filter.Add(key);
        }

        // A lookup in flight may have read the previous state; the newer one in the cache then takes precedence.
        if (_inFlight.ContainsKey(key) || cache.Contains(key))
        {
            cache.Set(key, state, cache.Generation);
        }
    }

    /// <summary>Invalidates memory and filter, because messages may have been missed.</summary>
    public void DistrustMemory()
    {
        cache.DistrustAll();
        filter.Distrust();
    }

    /// <summary>No messages arrive from now on, until <see cref="DistrustMemory"/>.</summary>
    public void CutOff() => filter.CutOff();

    /// <summary>The result for a code that is not looked up because the budget is exhausted.</summary>
    private Lookup Missing => _isStoreUp && _isLinksUp ? Lookup.NotFound : Lookup.Unavailable;

    /// <returns>True if this call started the lookup, false if it was in flight.</returns>
    private bool Join(string key, out Flight flight)
    {
        if (_inFlight.TryGetValue(key, out flight!))
        {
            return false;
        }

        var mine = new Flight(() =>
        {
            Join(key, out var next);
            return next.Result;
        });
        flight = _inFlight.GetOrAdd(key, mine);
        if (flight != mine)
        {
            return false;
        }

        _ = CompleteAsync(key, mine);
        return true;
    }

    /// <param name="earlier">May have read the stores before the link was created. The next lookup can't have.</param>
    private static async Task<Lookup> FindAfterAsync(Flight earlier, CancellationToken cancellationToken)
    {
        var lookup = await earlier.Result.WaitAsync(cancellationToken);
        return lookup.Outcome == Outcome.NotFound ? await earlier.Next.WaitAsync(cancellationToken) : lookup;
    }

    private async Task CompleteAsync(string key, Flight flight)
    {
        var lookup = Lookup.Unavailable;
        try
        {
            lookup = await LookUpAsync(key);
        }
        catch (Exception exception)
        {
            // A bug, but no visitor may wait forever.
            Log.Failed(logger, exception);
        }
        finally
        {
            _inFlight.TryRemove(key, out _);
            flight.Complete(lookup);
        }
    }

    private async Task<Lookup> LookUpAsync(string key)
    {
        var generation = cache.Generation;
        var isRemembered = cache.TryGet(key, out var route);
        if (route is not null)
        {
            telemetry.FoundIn(Tier.Memory);
            return Lookup.Of(route);
        }

        var isExcluded = filter.Excludes(CodeHash.Of(key));
        if (isRemembered ? !budget.Remembered.TryTake() : isExcluded && !budget.Excluded.TryTake())
        {
            telemetry.FoundIn(isRemembered ? Tier.Memory : Tier.Filter);
            return Missing;
        }

        // A code that the filter excludes can only belong to a link created just now, which Redis doesn't have.
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
        // Any PostgreSQL error: the tables may not exist yet.
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
            // The link's event is in flight. Until it arrives, the answer of links is stored.
            if (stored is not null)
            {
                await TryStoreAsync(link);
            }

            return Lookup.Of(Route.Of(link));
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
                // The other short URLs' caches are updated by the event.
                await store.ApplyAsync(link, isRefreshed: false, timeout.Token);
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

    /// <summary>A lookup in flight.</summary>
    private sealed class Flight(Func<Task<Lookup>> startNext)
    {
        private readonly TaskCompletionSource<Lookup> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lazy<Task<Lookup>> _next = new(startNext);

        public Task<Lookup> Result => _result.Task;

        /// <summary>The lookup after this one, shared by all who came while this one was in flight.</summary>
        public Task<Lookup> Next => _next.Value;

        public void Complete(Lookup lookup) => _result.SetResult(lookup);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The read model is unavailable: {Reason}")]
        public static partial void StoreAway(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "A lookup failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
