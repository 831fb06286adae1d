using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace LinkShort.Identity.Sso;

/// <summary>
/// What providers publish about themselves (OpenID Connect Discovery 1.0), with their keys. Read once an hour, by one request however many
/// wait for it; when that fails, what is known goes on being good for a day.
/// </summary>
public sealed class ProviderMetadata(ProviderHttp http, IOptions<SsoSettings> settings, TimeProvider time)
{
    /// <summary>Stands for the tenant in the issuer of Microsoft's providers for all tenants.</summary>
    public const string TenantPlaceholder = "{tenantid}";

    private const int MaxProviders = 10_000;

    private static readonly TimeSpan StaleLifetime = TimeSpan.FromDays(1);

    /// <summary>A provider that fails isn't asked again at once by everybody who waits for it.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <exception cref="ProviderException">It can't be reached, or what it says must not be used.</exception>
    public Task<OpenIdConnectConfiguration> GetAsync(SsoProvider provider, CancellationToken cancellationToken) =>
        GetAsync(provider, _ => false, cancellationToken);

    /// <summary>A token came with a key that isn't known: keys were rotated. Asked again only once in a while, or a stranger's tokens would make us ask without end.</summary>
    public Task<OpenIdConnectConfiguration> RefreshAsync(SsoProvider provider, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return GetAsync(provider, entry => now - entry.ForcedAt >= settings.Value.KeyRefreshInterval && Mark(entry, now), cancellationToken);

        static bool Mark(Entry entry, DateTimeOffset now)
        {
            entry.ForcedAt = now;
            return true;
        }
    }

    private async Task<OpenIdConnectConfiguration> GetAsync(SsoProvider provider, Func<Entry, bool> forced, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (_entries.Count > MaxProviders)
        {
            // More than any installation has: start again rather than grow.
            _entries.Clear();
        }

        var entry = _entries.GetOrAdd((provider.IsInstallations ? "installation " : "workspace ") + provider.Issuer, _ => new Entry());
        Task<OpenIdConnectConfiguration> reading;
        lock (entry)
        {
            var now = time.GetUtcNow();
            var isFresh = entry.Known is not null && now - entry.ReadAt < settings.Value.MetadataLifetime;
            if (entry.Reading is null && isFresh && !forced(entry))
            {
                return entry.Known!;
            }

            if (entry.Reading is null && now - entry.FailedAt < FailurePause)
            {
                return entry.Known ?? throw new ProviderException(entry.Failure!.Reason, entry.Failure.Message);
            }

            // Nobody's own token: others wait for it too, and it is bounded in time by itself.
            reading = entry.Reading ??= Task.Run(() => ReadAsync(provider, entry), CancellationToken.None);
        }

        try
        {
            return await reading.WaitAsync(cancellationToken);
        }
        catch (ProviderException) when (entry.Known is { } known && time.GetUtcNow() - entry.ReadAt < StaleLifetime)
        {
            return known;
        }
    }

    private async Task<OpenIdConnectConfiguration> ReadAsync(SsoProvider provider, Entry entry)
    {
        try
        {
            var configuration = await FetchAsync(provider);
            lock (entry)
            {
                (entry.Known, entry.ReadAt, entry.Reading) = (configuration, time.GetUtcNow(), null);
            }

            return configuration;
        }
        catch (Exception exception)
        {
            lock (entry)
            {
                entry.Failure = exception as ProviderException ?? new ProviderException(SsoReasons.Metadata, "The provider's metadata can't be read.", exception);
                (entry.FailedAt, entry.Reading) = (time.GetUtcNow(), null);
                throw entry.Failure;
            }
        }
    }

    private async Task<OpenIdConnectConfiguration> FetchAsync(SsoProvider provider)
    {
        var address = provider.Issuer.TrimEnd('/') + "/.well-known/openid-configuration";
        var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(address, new Retriever(http, provider), CancellationToken.None);
        if (!IsSame(configuration.Issuer, provider))
        {
            throw new ProviderException(SsoReasons.Metadata, "The provider's metadata names another issuer than the one that was configured.");
        }

        foreach (var endpoint in new[] { configuration.AuthorizationEndpoint, configuration.TokenEndpoint, configuration.JwksUri })
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || !http.Allows(provider, uri))
            {
                throw new ProviderException(SsoReasons.Metadata, "The provider's metadata lacks an endpoint, or names one that is not https.");
            }
        }

        if (configuration.SigningKeys.Count == 0)
        {
            throw new ProviderException(SsoReasons.Metadata, "The provider publishes no keys.");
        }

        return configuration;
    }

    private static bool IsSame(string? issuer, SsoProvider provider) =>
        issuer is not null && (issuer.TrimEnd('/') == provider.Issuer.TrimEnd('/')
            // "common" and "organizations" of Microsoft: what an operator configures, never a workspace.
            || (provider.IsInstallations && issuer.Contains(TenantPlaceholder, StringComparison.Ordinal)
                && Uri.TryCreate(issuer.Replace(TenantPlaceholder, "tenant", StringComparison.Ordinal), UriKind.Absolute, out var template)
                && template.Authority == new Uri(provider.Issuer).Authority));

    private sealed class Retriever(ProviderHttp http, SsoProvider provider) : IDocumentRetriever
    {
        public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
        {
            var (status, body) = await http.GetAsync(provider, new Uri(address), null, cancel);
            return status == HttpStatusCode.OK ? body
                : throw new ProviderException(
                    (int)status >= 500 ? SsoReasons.Unreachable : SsoReasons.Metadata, $"The provider answered {(int)status} where its metadata or keys should be.");
        }
    }

    private sealed class Entry
    {
        public OpenIdConnectConfiguration? Known { get; set; }

        public DateTimeOffset ReadAt { get; set; }

        public DateTimeOffset ForcedAt { get; set; }

        public DateTimeOffset FailedAt { get; set; }

        public ProviderException? Failure { get; set; }

        public Task<OpenIdConnectConfiguration>? Reading { get; set; }
    }
}
