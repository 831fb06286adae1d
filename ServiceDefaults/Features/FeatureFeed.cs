using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.ServiceDefaults.Auth;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>Where flags come from besides the broker: identity over HTTP, in identity itself its database.</summary>
public interface IFeatureSource
{
    /// <param name="known">The revision that the caller has.</param>
    /// <returns>Null when that is the newest.</returns>
    /// <exception cref="Exception">It is away.</exception>
    Task<CurrentFeatureFlags?> ReadAsync(long known, CancellationToken cancellationToken);
}

/// <summary>
/// Keeps <see cref="FeatureFlags"/> up to date: by events, and by asking identity at the start, every few seconds in case an event went
/// missing, and every second while this replica hears none because RabbitMQ is away. Nobody waits for the first answer: until then each
/// feature's fallback counts, and afterwards what is known stays.
/// </summary>
internal sealed partial class FeatureFeed(
    FeatureFlags flags, IFeatureSource source, IServiceProvider services, TimeProvider time, ILogger<FeatureFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IntervalWithoutBroker = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private long _read = -1;
    private bool _isAway;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var bus = services.GetService<IBusControl>();
        while (!stoppingToken.IsCancellationRequested)
        {
            // Asked before: what is published after this queue was there is heard, what was published earlier is read below.
            var hears = bus?.CheckHealth().Status is BusHealthStatus.Healthy;
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                patience.CancelAfter(Patience);
                if (await source.ReadAsync(_read, patience.Token) is { } current)
                {
                    flags.Apply(current);
                    _read = current.Revision;
                }

                _isAway = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_isAway)
                {
                    Log.Away(logger, exception.Message);
                }

                _isAway = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(hears && !_isAway ? Interval : IntervalWithoutBroker, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "identity can't be asked for feature flags now: {Reason}. Events still tell of changes; what is known stays.")]
        public static partial void Away(ILogger logger, string reason);
    }
}

/// <summary>Asks identity over HTTP.</summary>
internal sealed class IdentityFeatures(IHttpClientFactory clients, InternalKey key) : IFeatureSource
{
    public const string HttpClientName = "features";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public async Task<CurrentFeatureFlags?> ReadAsync(long known, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(HttpClientName);
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(string.Create(CultureInfo.InvariantCulture, $"https+http://identity/internal/features?known={known}")));
        request.Headers.Add(InternalKey.Header, key.Key);
        using var response = await client.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<CurrentFeatureFlags>(Json, cancellationToken) is { Flags: not null } current
            ? current
            : throw new JsonException("identity's answer names no flags.");
    }
}
