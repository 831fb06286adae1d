using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Keys.SigningKeys;

public static class RotateSigningKeys
{
    /// <param name="SignsFrom">Until then the key is only published, and the previous one signs.</param>
    public sealed record Response(string Kid, DateTimeOffset SignsFrom);

    /// <summary>Replaces the signing key now. Tokens signed with the old one remain valid until they expire.</summary>
    public static async Task<Ok<Response>> HandleAsync(SigningKeyRing keys, CancellationToken cancellationToken)
    {
        var key = await keys.RotateAsync(cancellationToken);
        return TypedResults.Ok(new Response(key.Kid, key.SignsFrom));
    }
}
