using System.Collections.Concurrent;
using LinkShort.ServiceDefaults;
using Npgsql;

namespace LinkShort.Redirect.ClickLimits;

/// <summary>Whether a limited link admits a visitor.</summary>
public enum Admission
{
    Granted,

    /// <summary>The click limit is reached.</summary>
    UsedUp,

    /// <summary>The counter can't be reached. No visitor is admitted, because the limit could be exceeded.</summary>
    Unknown,
}

/// <summary>
/// Counts the clicks of limited links exactly, across all replicas: one row per link in PostgreSQL, changed by one statement that can't
/// exceed the limit. Visitors of a link who arrive while a statement is running share the next one, so a hot link costs one statement at a
/// time per replica instead of a queue of row locks.
/// </summary>
public sealed partial class ClickLimiter(NpgsqlDataSource source, UsedUpPublisher publisher, ILogger<ClickLimiter> logger) : IDisposable
{
    /// <summary>Waiting visitors of one link in this process; further ones are turned away.</summary>
    private const int MaxWaiting = 20_000;

    // Lookups of other links need connections too.
    private const int MaxStatements = 8;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Guid, Counter> _counters = new();
    private readonly SemaphoreSlim _statements = new(MaxStatements);

    /// <summary>Uses one of the link's clicks.</summary>
    public Task<Admission> TakeAsync(Route route, CancellationToken cancellationToken) => AskAsync(route, takes: true, cancellationToken);

    /// <summary>Whether a click is left, without using it.</summary>
    public Task<Admission> LookAsync(Route route, CancellationToken cancellationToken) => AskAsync(route, takes: false, cancellationToken);

    public void Dispose() => _statements.Dispose();

    private Task<Admission> AskAsync(Route route, bool takes, CancellationToken cancellationToken)
    {
        // The count never decreases, so a link stays used up until its owner raises the limit, which makes it another route.
        if (route.Plan!.IsUsedUp)
        {
            return Task.FromResult(Admission.UsedUp);
        }

        var request = new Request(route, takes, cancellationToken);
        while (true)
        {
            var counter = _counters.GetOrAdd(route.LinkId, static _ => new Counter());
            switch (counter.Enqueue(request))
            {
                case Enqueued.First:
                    _ = RunAsync(route.LinkId, counter);
                    return request.Answer.Task;
                case Enqueued.Behind:
                    return request.Answer.Task;
                case Enqueued.Full:
                    return Task.FromResult(Admission.Unknown);
                default:
                    // Closed between the two steps: try again with a new counter.
                    _counters.TryRemove(new KeyValuePair<Guid, Counter>(route.LinkId, counter));
                    break;
            }
        }
    }

    private async Task RunAsync(Guid linkId, Counter counter)
    {
        while (counter.TryTake(out var batch))
        {
            try
            {
                await AnswerAsync(batch);
            }
            // Any PostgreSQL error: the tables may not exist yet.
            catch (Exception exception) when (exception is NpgsqlException || Outages.IsOutageOrDeadline(exception, CancellationToken.None))
            {
                // If the statement was committed nevertheless, its clicks are used without a visitor: the limit still holds.
                Log.Away(logger, exception.Message);
                foreach (var request in batch)
                {
                    request.Answer.TrySetResult(Admission.Unknown);
                }
            }
            catch (Exception exception)
            {
                // A bug, but no visitor may wait forever.
                Log.Failed(logger, exception);
                foreach (var request in batch)
                {
                    request.Answer.TrySetException(exception);
                }
            }
        }

        _counters.TryRemove(new KeyValuePair<Guid, Counter>(linkId, counter));
    }

    private async Task AnswerAsync(List<Request> batch)
    {
        // A visitor who has disconnected must not use a click.
        foreach (var gone in batch.Where(request => request.Cancelled.IsCancellationRequested))
        {
            gone.Answer.TrySetCanceled(gone.Cancelled);
        }

        var waiting = batch.Where(request => !request.Answer.Task.IsCompleted).ToList();
        if (waiting.Count == 0)
        {
            return;
        }

        // After a change of the limit the batch may hold both versions of the route; the last request has the latest.
        var route = waiting[^1].Route;
        var (granted, used) = await CountAsync(route, waiting.Count(request => request.Takes));
        foreach (var request in waiting)
        {
            var isUsedUp = used >= request.Route.Behavior!.MaxClicks;
            if (isUsedUp && !request.Route.Plan!.IsUsedUp)
            {
                request.Route.Plan.IsUsedUp = true;
                publisher.Add(request.Route.WorkspaceId, request.Route.LinkId, used);
            }

            request.Answer.TrySetResult((request.Takes ? granted-- > 0 : !isUsedUp) ? Admission.Granted : Admission.UsedUp);
        }
    }

    /// <returns>How many clicks were granted, and how many are used now.</returns>
    private async Task<(long Granted, long Used)> CountAsync(Route route, int wanted)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        await _statements.WaitAsync(timeout.Token);
        try
        {
            await using var connection = await source.OpenConnectionAsync(timeout.Token);
            await using var command = connection.CreateCommand();
            command.CommandText = wanted == 0
                ? "select 0::bigint, used from click_limits where link_id = $1 and workspace_id = $2"
                : """
                  insert into click_limits as l (link_id, workspace_id, used, granted) values ($1, $2, least($3, $4), least($3, $4))
                  on conflict (link_id) do update set
                      granted = greatest(least(l.used + $3, $4) - l.used, 0),
                      used = greatest(least(l.used + $3, $4), l.used)
                  where l.workspace_id = excluded.workspace_id
                  returning granted, used
                  """;
            command.Parameters.Add(new NpgsqlParameter { Value = route.LinkId });
            command.Parameters.Add(new NpgsqlParameter { Value = route.WorkspaceId });
            if (wanted > 0)
            {
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = wanted });
                command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = route.Behavior!.MaxClicks!.Value });
            }

            await using var reader = await command.ExecuteReaderAsync(timeout.Token);
            return await reader.ReadAsync(timeout.Token) ? (reader.GetInt64(0), reader.GetInt64(1)) : (0, 0);
        }
        finally
        {
            _statements.Release();
        }
    }

    private enum Enqueued
    {
        /// <summary>No task is answering this link's visitors; the caller starts one.</summary>
        First,
        Behind,
        Full,
        Closed,
    }

    private sealed record Request(Route Route, bool Takes, CancellationToken Cancelled)
    {
        public TaskCompletionSource<Admission> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The waiting visitors of one link. Exists only while there are some.</summary>
    private sealed class Counter
    {
        private readonly Lock _lock = new();
        private List<Request> _waiting = [];
        private bool _isRunning;
        private bool _isClosed;

        public Enqueued Enqueue(Request request)
        {
            lock (_lock)
            {
                if (_isClosed)
                {
                    return Enqueued.Closed;
                }

                if (_waiting.Count >= MaxWaiting)
                {
                    return Enqueued.Full;
                }

                _waiting.Add(request);
                var isFirst = !_isRunning;
                _isRunning = true;
                return isFirst ? Enqueued.First : Enqueued.Behind;
            }
        }

        /// <returns>False if no visitor is waiting; the counter is then closed.</returns>
        public bool TryTake(out List<Request> batch)
        {
            lock (_lock)
            {
                batch = _waiting;
                _waiting = [];
                _isClosed = batch.Count == 0;
                return !_isClosed;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Clicks of limited links can't be counted: {Reason}")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "Counting clicks of a limited link failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
