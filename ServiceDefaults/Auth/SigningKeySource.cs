using LinkShort.Contracts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// Caches identity's public keys. A token with an unknown key causes a read before it is validated (at most five reads in five seconds), so the
/// first token of a rotated key is accepted; the library's own source refuses it and refreshes afterwards. While identity is unavailable, the
/// known keys remain in use; without any key the response is 503, not 401.
/// </summary>
internal sealed class SigningKeySource(IHttpClientFactory clients, TimeProvider time) : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    public const string HttpClientName = "jwks";

    private static readonly Uri Address = new("https+http://identity/.well-known/jwks.json");

    /// <summary>At most this many reads in <see cref="Window"/>, so that forged tokens with unknown keys can't flood identity.</summary>
    private const int ReadsPerWindow = 5;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    /// <summary>Keys are read again after this time, which drops withdrawn ones.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>For reads caused by an unknown key: the token may be forged, and must not wait long while identity is unavailable.</summary>
    private static readonly TimeSpan UnknownKeyTimeout = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile Known? _known;
    private volatile Exception? _failure;
    private readonly Queue<long> _reads = new(ReadsPerWindow);
    private int _refreshing;

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (_known is not { } known)
        {
            await ReadAsync(() => _known is not null, cancel);
            return (_known ?? throw new DependencyUnavailableException("identity", _failure)).Configuration;
        }

        if (time.GetElapsedTime(known.ReadAt) > MaxAge && Interlocked.Exchange(ref _refreshing, 1) == 0)
        {
            // In the background: until then the known keys are used.
            _ = RefreshAsync();
        }

        return known.Configuration;
    }

    /// <summary>Reads identity's keys again if the token names an unknown key.</summary>
    public async Task PrepareForAsync(string authorization, CancellationToken cancellationToken)
    {
        const string Bearer = "Bearer ";
        if (_known is not { } known
            || !authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            || KeyIdOf(authorization[Bearer.Length..].Trim()) is not { Length: > 0 } keyId
            || known.KeyIds.Contains(keyId))
        {
            return;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(UnknownKeyTimeout);
        try
        {
            await ReadAsync(() => _known.KeyIds.Contains(keyId), timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The token is validated with the known keys.
        }
    }

    public void RequestRefresh()
    {
        // The handler calls this after an unknown key, for which PrepareForAsync has read the keys already.
    }

    public void Dispose() => _reading.Dispose();

    /// <summary>One read at a time; none if another caller's read brought what this one needs.</summary>
    private async Task ReadAsync(Func<bool> isKnown, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            if (isKnown() || (_reads.Count == ReadsPerWindow && time.GetElapsedTime(_reads.Peek()) < Window))
            {
                return;
            }

            if (_reads.Count == ReadsPerWindow)
            {
                _reads.Dequeue();
            }

            _reads.Enqueue(time.GetTimestamp());
            using var client = clients.CreateClient(HttpClientName);
            var keys = JsonWebKeySet.Create(await client.GetStringAsync(Address, cancellationToken));
            var configuration = new OpenIdConnectConfiguration { Issuer = Tokens.Issuer, JsonWebKeySet = keys };
            foreach (var key in keys.GetSigningKeys())
            {
                configuration.SigningKeys.Add(key);
            }

            if (configuration.SigningKeys.Count == 0)
            {
                throw new InvalidOperationException("identity published no keys.");
            }

            _known = new Known(configuration, configuration.SigningKeys.Select(key => key.KeyId).ToHashSet(StringComparer.Ordinal), time.GetTimestamp());
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Unavailable, or a response that is no key set: neither makes a token invalid.
            _failure = exception;
        }
        finally
        {
            _reading.Release();
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            await ReadAsync(() => false, CancellationToken.None);
        }
        finally
        {
            Volatile.Write(ref _refreshing, 0);
        }
    }

    private static string? KeyIdOf(string token)
    {
        try
        {
            return new JsonWebToken(token).Kid;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException)
        {
            // Not a token: the handler refuses it.
            return null;
        }
    }

    private sealed record Known(OpenIdConnectConfiguration Configuration, HashSet<string> KeyIds, long ReadAt);
}
