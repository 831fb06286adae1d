using System.Security.Cryptography;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Keys.SigningKeys;

/// <summary>
/// The keys of access tokens, shared by all replicas through the database and cached in memory, so that signing and verifying survive a
/// database outage. A new key is published for <see cref="IdentityServiceOptions.SigningKeyLead"/> before it signs; an old one until its
/// last token has expired, when it is deleted.
/// </summary>
public sealed partial class SigningKeyRing(
    Database database,
    IDataProtectionProvider dataProtection,
    IOptions<IdentityServiceOptions> options,
    IdentityMetrics metrics,
    TimeProvider time,
    ILogger<SigningKeyRing> logger) : IDisposable
{
    // Arbitrary, but the same in every replica.
    private const long LockKey = 0x53_69_67_6E_4B_65_79_73;

    /// <summary>Verifiers' clocks may differ by some seconds, and a token is checked at the start of a request.</summary>
    private static readonly TimeSpan VerificationMargin = TimeSpan.FromMinutes(1);

    private readonly IDataProtector _protector = dataProtection.CreateProtector("LinkShort.Identity.Keys.SigningKeys.v1");
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile IReadOnlyList<SigningKey>? _keys;

    /// <summary>The current signing key.</summary>
    public async ValueTask<SigningCredentials> SigningCredentialsAsync(CancellationToken cancellationToken)
    {
        var keys = _keys ?? await LoadAsync(cancellationToken);
        return Signer(keys)?.Credentials
            ?? Signer(await MaintainAsync(cancellationToken))?.Credentials
            ?? throw new InvalidOperationException("There is no signing key, although one was just created.");
    }

    /// <summary>Every key that a valid token can be signed with, newest first.</summary>
    public async ValueTask<IReadOnlyList<SigningKey>> PublishedAsync(CancellationToken cancellationToken)
    {
        var keys = _keys ?? await LoadAsync(cancellationToken);
        var now = time.GetUtcNow();
        return keys.All(key => key.PublishedUntil is null || key.PublishedUntil > now)
            ? keys
            : [.. keys.Where(key => key.PublishedUntil is null || key.PublishedUntil > now)];
    }

    /// <summary>Reads the keys, and creates the first or next one when it is due.</summary>
    public async Task<IReadOnlyList<SigningKey>> MaintainAsync(CancellationToken cancellationToken)
    {
        var keys = await LoadAsync(cancellationToken);
        if (IsDue(keys))
        {
            // Checked again under the lock: of replicas that find it due at once, one creates the key and the others read it.
            return await CreateAsync(IsDue, cancellationToken);
        }

        if (keys.Any(key => key.PublishedUntil <= time.GetUtcNow()))
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            await connection.ExecuteAsync(
                "delete from signing_keys where published_until <= @Now", new { Now = time.GetUtcNow() }, cancellationToken);
        }

        return keys;
    }

    /// <summary>Creates a new key now, regardless of the age of the others.</summary>
    public async Task<SigningKey> RotateAsync(CancellationToken cancellationToken) =>
        (await CreateAsync(_ => true, cancellationToken))[0];

    public void Dispose() => _loading.Dispose();

    private SigningKey? Signer(IReadOnlyList<SigningKey> keys)
    {
        var now = time.GetUtcNow();
        return keys.Where(key => key.Credentials is not null && key.SignsFrom <= now && !(key.PublishedUntil <= now)).MaxBy(key => key.SignsFrom);
    }

    private bool IsDue(IReadOnlyList<SigningKey> keys) =>
        Signer(keys) is null || keys[0].CreatedAt + options.Value.SigningKeyMaxAge <= time.GetUtcNow();

    private async Task<IReadOnlyList<SigningKey>> CreateAsync(Func<IReadOnlyList<SigningKey>, bool> isDue, CancellationToken cancellationToken)
    {
        await using (var work = await database.BeginAsync(cancellationToken))
        {
            await work.ExecuteAsync(
                "select pg_advisory_xact_lock(@LockKey)", new { LockKey }, cancellationToken);
            var keys = await LoadAsync(cancellationToken);
            if (!isDue(keys))
            {
                return keys;
            }

            var now = time.GetUtcNow();
            // Without a key that can sign, nobody could sign in until the lead has passed.
            var signsFrom = Signer(keys) is null ? now : now + options.Value.SigningKeyLead;
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var point = key.ExportParameters(includePrivateParameters: false).Q;
            var x = Base64UrlEncoder.Encode(point.X);
            var y = Base64UrlEncoder.Encode(point.Y);
            var kid = Base64UrlEncoder.Encode(
                new JsonWebKey { Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve, Crv = JsonWebKeyECTypes.P256, X = x, Y = y }.ComputeJwkThumbprint());
            await work.ExecuteAsync(
                """
                update signing_keys set published_until = @publishedUntil where published_until is null;
                insert into signing_keys (kid, x, y, private_key, created_at, signs_from) values (@kid, @x, @y, @privateKey, @now, @signsFrom);
                """,
                new
                {
                    kid,
                    x,
                    y,
                    privateKey = _protector.Protect(key.ExportPkcs8PrivateKey()),
                    now,
                    signsFrom,
                    publishedUntil = signsFrom + options.Value.AccessTokenLifetime + VerificationMargin,
                },
                cancellationToken);
            await work.CommitAsync(cancellationToken);
            metrics.SigningKeyCreated();
            Log.Created(logger, kid, signsFrom);
        }

        return await LoadAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<SigningKey>> LoadAsync(CancellationToken cancellationToken)
    {
        // One at a time, so that the latest read wins.
        await _loading.WaitAsync(cancellationToken);
        try
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            var rows = await connection.QueryAsync<Row>(
                "select kid, x, y, private_key, created_at, signs_from, published_until from signing_keys order by signs_from desc, created_at desc", null,
                cancellationToken);
            var known = (_keys ?? []).ToDictionary(key => key.Kid, StringComparer.Ordinal);
            // Decrypted once. A failed key is retried, because Data Protection's own keys may be available by then.
            return _keys = [.. rows.Select(row => new SigningKey(
                row.Kid, row.X, row.Y, row.CreatedAt, row.SignsFrom, row.PublishedUntil,
                known.GetValueOrDefault(row.Kid)?.Credentials ?? Decrypt(row)))];
        }
        finally
        {
            _loading.Release();
        }
    }

    private SigningCredentials? Decrypt(Row row)
    {
        try
        {
            // Never disposed: the token library caches signers that use it.
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(_protector.Unprotect(row.PrivateKey), out _);
            return SigningKey.CredentialsOf(key, row.Kid);
        }
        catch (CryptographicException exception)
        {
            Log.Undecryptable(logger, exception, row.Kid);
            return null;
        }
    }

    private sealed record Row
    {
        public required string Kid { get; init; }

        public required string X { get; init; }

        public required string Y { get; init; }

        public required byte[] PrivateKey { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset SignsFrom { get; init; }

        public DateTimeOffset? PublishedUntil { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Created signing key {Kid}; it signs from {SignsFrom:O}.")]
        public static partial void Created(ILogger logger, string kid, DateTimeOffset signsFrom);

        [LoggerMessage(LogLevel.Warning, "The private key of signing key {Kid} can't be decrypted, because Identity__DataProtectionKey or Internal__Key was changed. The key only verifies from now on.")]
        public static partial void Undecryptable(ILogger logger, Exception exception, string kid);
    }
}
