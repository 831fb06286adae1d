using System.Text.Json;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>Where flags are read from, in addition to events: identity over HTTP, or in identity itself its database.</summary>
public interface IFeatureSource
{
    /// <param name="known">The revision that the caller has.</param>
    /// <returns>Null when that is the newest.</returns>
    /// <exception cref="Exception">The source is unavailable.</exception>
    Task<CurrentFeatureFlags?> ReadAsync(long known, CancellationToken cancellationToken);
}

/// <summary>
/// Keeps <see cref="FeatureFlags"/> up to date. Requests don't wait for the first read: until then each feature has its fallback. While
/// identity is unavailable, the flags read so far remain in effect.
/// </summary>
internal sealed class FeatureFeed(
    FeatureFlags flags, IFeatureSource source, IServiceProvider services, TimeProvider time, ILogger<FeatureFeed> logger)
    : IdentityFeed("Reading feature flags from identity", TimeSpan.FromMilliseconds(500), services, time, logger)
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

/// <summary>Reads flags from identity over HTTP.</summary>
internal sealed class IdentityFeatures(IdentityClient identity) : IFeatureSource
{
    public async Task<CurrentFeatureFlags?> ReadAsync(long known, CancellationToken cancellationToken) =>
        await identity.GetAsync<CurrentFeatureFlags>(FormattableString.Invariant($"/internal/features?known={known}"), cancellationToken) switch
        {
            null => null,
            { Flags: not null } current => current,
            _ => throw new JsonException("identity's response has no flags."),
        };
}
