using System.Security.Claims;

namespace LinkShort.ServiceDefaults.Http;

public static class ClaimsPrincipalExtensions
{
    /// <summary>Reads an id that is in every access token of a signed-in caller.</summary>
    /// <exception cref="InvalidOperationException">The claim is missing: the endpoint doesn't require one of our scopes.</exception>
    public static Guid RequiredId(this ClaimsPrincipal user, string claim) =>
        Guid.TryParse(user.FindFirstValue(claim), out var id)
            ? id
            : throw new InvalidOperationException($"The access token has no valid '{claim}': the endpoint lacks a scope policy.");
}
