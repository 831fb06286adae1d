using System.Globalization;
using System.Security.Claims;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// Whether the caller has proved the account's own credentials, or only a workspace's sign-in provider vouches for them. The provider is trusted
/// in its workspace and nowhere else: docs/adr/0050.
/// </summary>
public static class OwnCredentials
{
    /// <summary>The value of <c>amr</c> for a sign-in at an OpenID Connect provider.</summary>
    private const string SingleSignOn = "sso";

    /// <summary>403: the step-up of <see cref="RecentSignIn"/>, with the extension member <c>credentials</c>, so that clients ask for the own ones.</summary>
    public static ProblemHttpResult Required() => Problems.RecentSignInRequired.Result(AccessTexts.Of("access.ownCredentials"), ("credentials", "own"));

    /// <summary>True for API keys and views, too: they are not created by a workspace's provider.</summary>
    public static bool AreProved(ClaimsPrincipal user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return AreProved(user.HasClaim(claim => claim.Type == Tokens.Claims.OwnAuthenticatedAt), user.FindFirstValue(Tokens.Claims.Methods));
    }

    /// <inheritdoc cref="AreProved(ClaimsPrincipal)"/>
    /// <param name="hasTime">Whether the token has <c>own_auth_time</c>.</param>
    /// <param name="methods">Its <c>amr</c>, separated by spaces.</param>
    public static bool AreProved(bool hasTime, string? methods) =>
        // Without the claim, tokens of an older version after a sign-in at a provider are refused as well, until they are renewed.
        hasTime || methods?.Split(' ').Contains(SingleSignOn, StringComparer.Ordinal) != true;

    /// <summary>
    /// Whether the token is for a workspace other than the provider's, so that it only serves to prove the own credentials. identity issues it
    /// with the scope <see cref="Scopes.Account"/> alone.
    /// </summary>
    public static bool AreAllThatIsMissing(ClaimsPrincipal user) =>
        !AreProved(user) && user.FindFirstValue(Tokens.Claims.Scope) == Scopes.Account;

    /// <summary>Unix seconds; null without a session or without own credentials.</summary>
    internal static long? ProvedAt(ClaimsPrincipal user) =>
        AreProved(user)
        && long.TryParse(user.FindFirstValue(Tokens.Claims.OwnAuthenticatedAt) ?? user.FindFirstValue(Tokens.Claims.AuthenticatedAt), CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : null;

    /// <summary>In the policies of permissions with <see cref="Permission.NeedsOwnCredentials"/>.</summary>
    internal sealed class Requirement : AuthorizationHandler<Requirement>, IAuthorizationRequirement
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, Requirement requirement)
        {
            if (AreProved(context.User))
            {
                context.Succeed(requirement);
            }

            return Task.CompletedTask;
        }
    }
}
