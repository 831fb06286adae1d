using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Keys.SigningKeys;

public static class Jwks
{
    /// <summary>RFC 7517, 5.</summary>
    public sealed record KeySet(IReadOnlyList<Key> Keys);

    /// <summary>RFC 7518, 6.2.</summary>
    public sealed record Key(string Kty, string Crv, string Use, string Alg, string Kid, string X, string Y);

    /// <summary>Cacheable for the interval at which this replica reads new keys, which is shorter than their lead.</summary>
    public static async Task<Ok<KeySet>> HandleAsync(
        SigningKeyRing keys, IOptions<IdentityServiceOptions> options, HttpContext context, CancellationToken cancellationToken)
    {
        var published = await keys.PublishedAsync(cancellationToken);
        var seconds = (int)options.Value.SigningKeyCheckInterval.TotalSeconds;
        context.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={seconds}");
        return TypedResults.Ok(new KeySet([.. published.Select(key => new Key(
            JsonWebAlgorithmsKeyTypes.EllipticCurve, JsonWebKeyECTypes.P256, JsonWebKeyUseNames.Sig, SecurityAlgorithms.EcdsaSha256, key.Kid, key.X, key.Y))]));
    }
}
