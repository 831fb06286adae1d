using System.Text.Json;
using LinkShort.Contracts;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Revocations that are in effect.</summary>
/// <param name="After">Cursor for the next read.</param>
public sealed record CurrentRevocations(string After, IReadOnlyList<AccessRevoked> Revocations);

/// <summary>Where revocations are read from, in addition to events: identity over HTTP, or in identity itself its database.</summary>
public interface IRevocationSource
{
    /// <param name="after">The cursor of the last read; null for all.</param>
    /// <exception cref="Exception">The source is unavailable.</exception>
    Task<CurrentRevocations> ReadAsync(string? after, CancellationToken cancellationToken);
}

/// <summary>Keeps <see cref="RevokedAccess"/> up to date. No token is accepted before the first read.</summary>
internal sealed class RevocationFeed(
    RevokedAccess revoked, IRevocationSource source, IServiceProvider services, TimeProvider time, ILogger<RevocationFeed> logger)
    : IdentityFeed("Reading revoked access from identity", TimeSpan.FromSeconds(1), services, time, logger)
{
    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile string? _after;

    /// <exception cref="DependencyUnavailableException">Revocations were never read, and identity is unavailable.</exception>
    public ValueTask EnsureLoadedAsync(CancellationToken cancellationToken) => _after is null ? new(LoadAsync(cancellationToken)) : default;

    public override void Dispose()
    {
        _reading.Dispose();
        base.Dispose();
    }

    protected override Task ReadAsync(CancellationToken cancellationToken) => ReadAsync(onlyFirst: false, cancellationToken);

    protected override void AfterReading() => revoked.Forget();

    /// <summary>Requests wait for the first read. If it does not complete within the timeout, they are answered with 503.</summary>
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
        await _reading.WaitAsync(cancellationToken);
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
            _reading.Release();
        }
    }
}

/// <summary>Reads revocations from identity over HTTP.</summary>
internal sealed class IdentityRevocations(IdentityClient identity) : IRevocationSource
{
    public async Task<CurrentRevocations> ReadAsync(string? after, CancellationToken cancellationToken) =>
        await identity.GetAsync<CurrentRevocations>($"/internal/revocations?after={after}", cancellationToken)
            is { After: not null, Revocations: not null } current
            ? current
            : throw new JsonException("identity's response has no revocations.");
}
