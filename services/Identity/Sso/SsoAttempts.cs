using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>The purpose of an attempt.</summary>
/// <param name="UserId">The user who connects the provider to their account; null for a sign-in.</param>
/// <param name="SessionId">That user's session; null for a sign-in.</param>
/// <param name="Fresh">The provider must authenticate the user again.</param>
/// <param name="ReturnUrl">Where web continues.</param>
public sealed record SsoIntent(Guid? UserId, Guid? SessionId, bool Fresh, string? ReturnUrl);

/// <summary>An attempt that returned from the provider.</summary>
public sealed record SsoAttempt(SsoIntent Intent, string Nonce, string CodeVerifier);

/// <summary>
/// Attempts between the redirect to a provider and its response. The state has 256 random bits, is stored as a hash, is bound to the
/// browser by a cookie, and is used up by one atomic statement, on any replica.
/// </summary>
public sealed class SsoAttempts(
    Database database, SsoProviders providers, ProviderMetadata metadata, IDataProtectionProvider protection, IOptions<SsoOptions> options, TimeProvider time)
{
    /// <returns>The URL to send the browser to.</returns>
    /// <param name="browserKey">The hash of the browser's cookie; see <see cref="OneTimeSecret"/>.</param>
    /// <param name="loginHint">The address that the user typed, so that the provider doesn't ask for it again.</param>
    /// <exception cref="ProviderException">The provider's metadata can't be read.</exception>
    public async Task<string> BeginAsync(SsoProvider provider, SsoIntent intent, byte[] browserKey, string? loginHint, CancellationToken cancellationToken)
    {
        var configuration = await metadata.GetAsync(provider, cancellationToken);
        var state = OneTimeSecret.Create();
        var stateHash = state.Hash();
        var secrets = new Secrets(OneTimeSecret.Create().Value, OneTimeSecret.Create().Value);
        var now = time.GetUtcNow();
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            delete from sso_attempts where expires_at < @now;
            insert into sso_attempts (state_hash, browser_hash, provider, secrets, user_id, session_id, fresh, return_url, created_at, expires_at)
            values (@stateHash, @browserKey, @Key, @Sealed, @UserId, @SessionId, @Fresh, @ReturnUrl, @now, @ExpiresAt);
            """,
            new
            {
                stateHash, browserKey, provider.Key, Sealed = Protector(stateHash).Protect(JsonSerializer.SerializeToUtf8Bytes(secrets)), intent.UserId,
                intent.SessionId, intent.Fresh, intent.ReturnUrl, now, ExpiresAt = now + options.Value.AttemptLifetime,
            },
            cancellationToken);

        var query = new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = provider.ClientId,
            ["redirect_uri"] = providers.RedirectUriOf(provider.Key),
            ["scope"] = provider.Scope,
            ["state"] = state.Value,
            ["nonce"] = secrets.Nonce,
            ["code_challenge"] = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(secrets.CodeVerifier))),
            ["code_challenge_method"] = "S256",
        };
        if (loginHint is not null)
        {
            query["login_hint"] = loginHint;
        }

        if (intent.Fresh)
        {
            (query["prompt"], query["max_age"]) = ("login", "0");
        }

        return QueryHelpers.AddQueryString(configuration.AuthorizationEndpoint, query);
    }

    /// <returns>Null for a state that is unknown, used, expired, of another provider or of another browser; the attempt isn't used up then.</returns>
    public async Task<SsoAttempt?> RedeemAsync(string provider, byte[] stateHash, byte[] browserKey, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            """
            delete from sso_attempts
            where state_hash = @stateHash and browser_hash = @browserKey and provider = @provider and expires_at > @Now
            returning secrets, user_id, session_id, fresh, return_url
            """,
            new { stateHash, browserKey, provider, Now = time.GetUtcNow() }, cancellationToken);
        if (row is null)
        {
            return null;
        }

        try
        {
            var secrets = JsonSerializer.Deserialize<Secrets>(Protector(stateHash).Unprotect(row.Secrets))!;
            return new SsoAttempt(new SsoIntent(row.UserId, row.SessionId, row.Fresh, row.ReturnUrl), secrets.Nonce, secrets.CodeVerifier);
        }
        catch (CryptographicException)
        {
            // The key ring was lost; the user has to start again.
            return null;
        }
    }

    private IDataProtector Protector(byte[] stateHash) => protection.CreateProtector("LinkShort.Identity.SsoAttempt.v1", Convert.ToHexString(stateHash));

    private sealed record Secrets(string Nonce, string CodeVerifier);

    private sealed record Row
    {
        public required byte[] Secrets { get; init; }

        public Guid? UserId { get; init; }

        public Guid? SessionId { get; init; }

        public bool Fresh { get; init; }

        public string? ReturnUrl { get; init; }
    }
}
