using LinkShort.Contracts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// identity's public keys, cached. A token with an unknown key asks again before it is judged (five times in five seconds at most), so the
/// first token of a rotated key is accepted; the library's own source refuses it and refreshes afterwards. While identity is away the keys
/// known so far go on working, and without any the answer is 503, not 401.
/// </summary>
internal sealed class SigningKeySource(IHttpClientFactory clients, TimeProvider time) : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    public const string HttpClientName = "jwks";

    private static readonly Uri Address = new("https+http://identity/.well-known/jwks.json");

    /// <summary>However many tokens with unknown keys arrive, identity is asked this often in <see cref="AskWindow"/> at most.</summary>
    private const int AsksPerWindow = 5;

    private static readonly TimeSpan AskWindow = TimeSpan.FromSeconds(5);

    /// <summary>Withdrawn keys are forgotten after this.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>For a token whose key is unknown: it may be forged, and must not wait long for an identity that is away.</summary>
    private static readonly TimeSpan PatienceForUnknownKeys = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _asking = new(1, 1);
    private volatile Known? _known;
    private volatile Exception? _failure;
    private readonly Queue<long> _asked = new(AsksPerWindow);
    private int _refreshing;

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (_known is not { } known)
        {
            await AskAsync(() => _known is not null, cancel);
            return (_known ?? throw new DependencyUnavailableException("identity", _failure)).Configuration;
        }

        if (time.GetElapsedTime(known.ReadAt) > MaxAge && Interlocked.Exchange(ref _refreshing, 1) == 0)
        {
            // Nobody waits for it: the known keys are good until then.
            _ = RefreshAsync();
        }

        return known.Configuration;
    }

    /// <summary>Asks identity again if the token names a key that isn't known.</summary>
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

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(PatienceForUnknownKeys);
        try
        {
            await AskAsync(() => _known.KeyIds.Contains(keyId), patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Judged by the keys known so far.
        }
    }

    public void RequestRefresh()
    {
        // The handler asks for this after an unknown key: that was done before.
    }

    public void Dispose() => _asking.Dispose();

    /// <summary>One question at a time, unless somebody else's answered this one.</summary>
    private async Task AskAsync(Func<bool> answered, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (answered() || (_asked.Count == AsksPerWindow && time.GetElapsedTime(_asked.Peek()) < AskWindow))
            {
                return;
            }

            if (_asked.Count == AsksPerWindow)
            {
                _asked.Dequeue();
            }

            _asked.Enqueue(time.GetTimestamp());
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
            // Away, or answering nonsense: both are no verdict on any token.
            _failure = exception;
        }
        finally
        {
            _asking.Release();
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            await AskAsync(() => false, CancellationToken.None);
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
            // No token at all: the handler says so.
            return null;
        }
    }

    private sealed record Known(OpenIdConnectConfiguration Configuration, HashSet<string> KeyIds, long ReadAt);
}
