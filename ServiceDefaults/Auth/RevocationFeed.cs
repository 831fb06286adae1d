using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Contracts;
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

/// <summary>Keeps <see cref="RevokedAccess"/> up to date. No token is accepted before the first answer.</summary>
internal sealed class RevocationFeed(
    RevokedAccess revoked, IRevocationSource source, IServiceProvider services, TimeProvider time, ILogger<RevocationFeed> logger)
    : IdentityFeed("revoked access", TimeSpan.FromSeconds(1), services, time, logger)
{
    private readonly SemaphoreSlim _asking = new(1, 1);
    private volatile string? _after;

    /// <exception cref="DependencyUnavailableException">Nobody can tell yet.</exception>
    public ValueTask EnsureLoadedAsync(CancellationToken cancellationToken) => _after is null ? new(LoadAsync(cancellationToken)) : default;

    public override void Dispose()
    {
        _asking.Dispose();
        base.Dispose();
    }

    protected override Task ReadAsync(CancellationToken cancellationToken) => ReadAsync(onlyFirst: false, cancellationToken);

    protected override void AfterReading() => revoked.Forget();

    /// <summary>Requests wait for the first answer. If it does not arrive before the timeout, they are answered with 503.</summary>
    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WithinTimeoutAsync(timeout => ReadAsync(onlyFirst: true, timeout), cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DependencyUnavailableException("identity", exception);
        }
    }

    private async Task ReadAsync(bool onlyFirst, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (onlyFirst && _after is not null)
            {
                return;
            }

            var current = await source.ReadAsync(_after, cancellationToken);
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
