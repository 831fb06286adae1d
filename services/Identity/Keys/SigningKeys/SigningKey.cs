using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Keys.SigningKeys;

/// <summary>A P-256 key for ES256 (RFC 7518, 3.4).</summary>
/// <param name="Kid">Its JWK thumbprint (RFC 7638), so that one key has one name everywhere.</param>
/// <param name="X">base64url, as in a JWK.</param>
/// <param name="SignsFrom">Published before, used from then on until a newer key's time has come.</param>
/// <param name="PublishedUntil">Set once there is a newer key: when the last token of this one has expired.</param>
/// <param name="Credentials">Null when the private half can't be decrypted here; the public one still verifies.</param>
public sealed record SigningKey(
    string Kid, string X, string Y, DateTimeOffset CreatedAt, DateTimeOffset SignsFrom, DateTimeOffset? PublishedUntil, SigningCredentials? Credentials)
{
    public static SigningCredentials CredentialsOf(ECDsa key, string kid) =>
        new(new ECDsaSecurityKey(key) { KeyId = kid }, SecurityAlgorithms.EcdsaSha256);

    /// <summary>The public half.</summary>
    public JsonWebKey ToJsonWebKey() => new()
    {
        Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
        Crv = JsonWebKeyECTypes.P256,
        Use = JsonWebKeyUseNames.Sig,
        Alg = SecurityAlgorithms.EcdsaSha256,
        Kid = Kid,
        X = X,
        Y = Y,
    };
}
