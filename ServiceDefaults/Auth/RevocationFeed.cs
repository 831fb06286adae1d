using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Contracts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Revocations that count now.</summary>
/// <param name="After">Where to go on reading.</param>
public sealed record CurrentRevocations(string After, IReadOnlyList<AccessRevoked> Revocations);

/// <summary>Where revocations come from besides the broker: identity over HTTP, in identity itself its database.</summary>
public interface IRevocationSource
{
    /// <param name="after">What the last answer said; null for all.</param>
    /// <exception cref="Exception">It is away.</exception>
    Task<CurrentRevocations> ReadAsync(string? after, CancellationToken cancellationToken);
}

/// <summary>
/// Keeps <see cref="RevokedAccess"/> up to date: by events, and by asking identity at the start, every few seconds in case an event went
/// missing, and every second while this replica hears none because RabbitMQ is away. No token is accepted before the first answer.
/// </summary>
internal sealed partial class RevocationFeed(
    RevokedAccess revoked, IRevocationSource source, IServiceProvider services, TimeProvider time, ILogger<RevocationFeed> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IntervalWithoutBroker = TimeSpan.FromSeconds(1);

    /// <summary>For one question; a token that waits for the first answer is refused (503) afterwards.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly Lazy<IBusControl?> _bus = new(() => services.GetService<IBusControl>());
    private volatile string? _after;
    private bool _isAway;

    /// <exception cref="DependencyUnavailableException">Nobody can tell yet.</exception>
    public ValueTask EnsureLoadedAsync(CancellationToken cancellationToken) => _after is null ? new(LoadAsync(cancellationToken)) : default;

    public override void Dispose()
    {
        _asking.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var hears = _bus.Value?.CheckHealth().Status is BusHealthStatus.Healthy;
            try
            {
                await ReadAsync(onlyFirst: false, stoppingToken);
                _isAway = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (!_isAway)
                {
                    Log.Away(logger, exception.Message);
                }

                _isAway = true;
            }

            revoked.Forget();
            await Task.Delay(hears && !_isAway ? Interval : IntervalWithoutBroker, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(onlyFirst: true, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DependencyUnavailableException("identity", exception);
        }
    }

    private async Task ReadAsync(bool onlyFirst, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await _asking.WaitAsync(patience.Token);
        try
        {
            if (onlyFirst && _after is not null)
            {
                return;
            }

            var current = await source.ReadAsync(_after, patience.Token);
            foreach (var revocation in current.Revocations)
            {
                revoked.Apply(revocation);
            }

            _after = current.After;
        }
        finally
        {
            _asking.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "identity can't be asked for revoked access now: {Reason}. Events still tell of it; what is known stays.")]
        public static partial void Away(ILogger logger, string reason);
    }
}

/// <summary>Asks identity over HTTP.</summary>
internal sealed class IdentityRevocations(IHttpClientFactory clients, InternalKey key) : IRevocationSource
{
    public const string HttpClientName = "revocations";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public async Task<CurrentRevocations> ReadAsync(string? after, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(HttpClientName);
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(string.Create(CultureInfo.InvariantCulture, $"https+http://identity/internal/revocations?after={after}")));
        request.Headers.Add(InternalKey.Header, key.Key);
        using var response = await client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<CurrentRevocations>(Json, cancellationToken) is { After: not null, Revocations: not null } current
            ? current
            : throw new JsonException("identity's answer names no revocations.");
    }
}
