using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.ServiceDefaults.Auth;
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
/// Keeps <see cref="FeatureFlags"/> up to date. Nobody waits for the first answer: until then each feature's fallback counts, and afterwards
/// what is known stays.
/// </summary>
internal sealed class FeatureFeed(
    FeatureFlags flags, IFeatureSource source, IServiceProvider services, TimeProvider time, ILogger<FeatureFeed> logger)
    : IdentityFeed("feature flags", TimeSpan.FromMilliseconds(500), services, time, logger)
{
    private long _read = -1;

    protected override async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (await source.ReadAsync(_read, cancellationToken) is { } current)
        {
            flags.Apply(current);
            _read = current.Revision;
        }
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
