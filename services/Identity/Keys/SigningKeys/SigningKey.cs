using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Keys.SigningKeys;

/// <summary>A P-256 key for ES256 (RFC 7518, 3.4).</summary>
/// <param name="Kid">The JWK thumbprint (RFC 7638), so that a key has the same name everywhere.</param>
/// <param name="X">base64url, as in a JWK.</param>
/// <param name="SignsFrom">It is published before, and signs from then on until a newer key does.</param>
/// <param name="PublishedUntil">When the last token of this key expires; null until there is a newer key.</param>
/// <param name="Credentials">Null when the private key can't be decrypted; the public key still verifies.</param>
public sealed record SigningKey(
    string Kid, string X, string Y, DateTimeOffset CreatedAt, DateTimeOffset SignsFrom, DateTimeOffset? PublishedUntil, SigningCredentials? Credentials)
{
    public static SigningCredentials CredentialsOf(ECDsa key, string kid) =>
        new(new ECDsaSecurityKey(key) { KeyId = kid }, SecurityAlgorithms.EcdsaSha256);

    /// <summary>The public key.</summary>
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
