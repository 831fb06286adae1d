using System.Text.Json;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Redirect.Routing;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace LinkShort.Redirect.Safety;

/// <summary>
/// Brings this replica's <see cref="Suspensions"/> to what links says: at the start (from the read model first, should links be away),
/// whenever the replica was cut off from the broker, and every half minute, should anything else have gone wrong.
/// </summary>
public sealed partial class SuspensionRefresher(
    Suspensions suspensions, SuspensionStore store, IHttpClientFactory clients, InternalKey key,
    TimeProvider time, ILogger<SuspensionRefresher> logger) : BackgroundJob("Reading suspensions", time, logger), IHealthCheck
{
    private static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Signal _requested = new();
    private TimeSpan _pause = ShortestPause;
    private bool _isRead;
    private volatile bool _isKnown;

    /// <summary>Degraded until suspensions were read from anywhere: what is suspended might still be followed.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isKnown ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("The suspensions are not known yet."));

    /// <summary>News may have been missed.</summary>
    public void Refresh() => _requested.Raise();

    public override void Dispose()
    {
        _requested.Dispose();
        base.Dispose();
    }

    protected override TimeSpan Interval => _pause;

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        _isRead = _isRead || await TryAsync(ReadStoreAsync, cancellationToken);
        if (await TryAsync(AskLinksAsync, cancellationToken))
        {
            _isRead = true;
            _pause = UsualPause;
        }
        else
        {
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
    }

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _requested.WaitAsync(atMost, cancellationToken);

    private async Task ReadStoreAsync(CancellationToken cancellationToken)
    {
        suspensions.Apply(await store.ReadAsync(cancellationToken));
        _isKnown = true;
    }

    private async Task AskLinksAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https+http://links/internal/suspensions");
        request.Headers.Add(InternalKey.Header, key.Key);
        using var response = await clients.CreateClient(LinksClient.Name).SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var list = await response.Content.ReadFromJsonAsync<SuspensionList>(Json, cancellationToken) ?? throw new JsonException("nothing");
        suspensions.Apply(list);
        _isKnown = true;
        await store.ApplyAsync(list, cancellationToken);
    }

    private async Task<bool> TryAsync(Func<CancellationToken, Task> act, CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        timeout.CancelAfter(Timeout);
        try
        {
            await act(timeout.Token);
            return true;
        }
        // Whatever PostgreSQL answers: there may be no tables yet.
        catch (Exception exception) when (exception is NpgsqlException or JsonException or OperationCanceledException || Outages.IsOutage(exception))
        {
            Log.Later(Logger, exception.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Suspensions are read later: {Reason}")]
        public static partial void Later(ILogger logger, string reason);
    }
}

/// <summary>A replica's own queue goes with its connection, and with it the news of suspensions.</summary>
public sealed class RefreshAfterReconnect(SuspensionRefresher suspensions) : IReceiveEndpointObserver
{
    public Task Ready(ReceiveEndpointReady ready)
    {
        suspensions.Refresh();
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;
}
