using System.Text.Json;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Redirect.Routing;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace LinkShort.Redirect.Safety;

/// <summary>
/// Refreshes this replica's <see cref="Suspensions"/> from links: at the start (from the read model first, in case links is unavailable), after the
/// replica was cut off from the broker, and every half minute, in case anything else went wrong.
/// </summary>
public sealed class SuspensionRefresher(
    Suspensions suspensions, SuspensionStore store, IHttpClientFactory clients, InternalKey key,
    TimeProvider time, ILogger<SuspensionRefresher> logger) : BackgroundJob("Refreshing suspensions", time, logger), IHealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Signal _requested = new();
    private bool _isRead;
    private volatile bool _isKnown;

    /// <summary>Degraded until suspensions were read from either source: suspended links might still redirect.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isKnown ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("The suspensions are not known yet."));

    /// <summary>Requests a refresh, because messages may have been missed.</summary>
    public void Refresh() => _requested.Raise();

    public override void Dispose()
    {
        _requested.Dispose();
        base.Dispose();
    }

    protected override TimeSpan Interval => TimeSpan.FromSeconds(30);

    protected override TimeSpan ShortestRetry => TimeSpan.FromMilliseconds(250);

    protected override TimeSpan LongestRetry => TimeSpan.FromSeconds(5);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        _isRead = _isRead || await TryReadStoreAsync(timeout.Token);
        await ReadLinksAsync(timeout.Token);
        _isRead = true;
    }

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _requested.WaitAsync(atMost, cancellationToken);

    private async Task<bool> TryReadStoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            suspensions.Apply(await store.ReadAsync(cancellationToken));
            _isKnown = true;
            return true;
        }
        catch (Exception exception) when (exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } || Outages.IsOutage(exception))
        {
            // Before the first migration, or without PostgreSQL. What links answers is also written there, so an outage still fails the run.
            return false;
        }
    }

    private async Task ReadLinksAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https+http://links/internal/suspensions");
        request.Headers.Add(InternalKey.Header, key.Key);
        using var response = await clients.CreateClient(LinksClient.Name).SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var list = await response.Content.ReadFromJsonAsync<SuspensionList>(Json, cancellationToken)
            ?? throw new JsonException("The list of suspensions is null.");
        suspensions.Apply(list);
        _isKnown = true;
        await store.ApplyAsync(list, cancellationToken);
    }
}

/// <summary>Refreshes suspensions after a reconnect: a replica's own queue and the messages in it are lost with its connection.</summary>
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
