using LinkShort.Redirect.ReadModel;
using LinkShort.ServiceDefaults;
using Npgsql;

namespace LinkShort.Redirect.Answers;

/// <summary>Reads for <see cref="DestinationPage"/> when a link was created; routes in memory don't carry it.</summary>
public sealed class CreationTimes(RouteStore store) : IDisposable
{
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromMilliseconds(500);

    // The page is for people: many programs requesting it must not take connections from lookups.
    private readonly SemaphoreSlim _queries = new(4);

    /// <returns>Null if it isn't known, or can't be read in time.</returns>
    public async Task<DateTimeOffset?> FindAsync(Route route)
    {
        if (!await _queries.WaitAsync(StoreTimeout))
        {
            return null;
        }

        try
        {
            using var timeout = new CancellationTokenSource(StoreTimeout);
            return await store.CreatedAtAsync(route.LinkId, route.WorkspaceId, timeout.Token);
        }
        // Any PostgreSQL error: the tables may not exist yet.
        catch (Exception exception) when (exception is NpgsqlException || Outages.IsOutageOrDeadline(exception, CancellationToken.None))
        {
            // The page is useful without it.
            return null;
        }
        finally
        {
            _queries.Release();
        }
    }

    public void Dispose() => _queries.Dispose();
}
