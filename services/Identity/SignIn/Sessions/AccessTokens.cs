using System.Globalization;
using LinkShort.Contracts;
using LinkShort.Identity.Administration;
using LinkShort.Identity.Keys.SigningKeys;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.SignIn.Sessions;

/// <param name="ExpiresIn">Whole seconds.</param>
public readonly record struct AccessToken(string Value, int ExpiresIn)
{
    public override string ToString() => "(access token)";
}

/// <summary>Signs access tokens as <see cref="Tokens"/> describes them.</summary>
public sealed class AccessTokens(SigningKeyRing keys, Operators operators, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>For a user's session.</summary>
    /// <param name="sessionEndsAt">The token expires then at the latest.</param>
    public ValueTask<AccessToken> IssueForSessionAsync(
        Membership member, Guid sessionId, AuthenticationProof proof, DateTimeOffset sessionEndsAt, CancellationToken cancellationToken)
    {
        // Two factors at a workspace's provider are only claimed in tokens for that workspace.
        var methods = proof.Methods.Where(method =>
            method != AuthenticationMethods.TwoFactorsAtProvider || proof.SsoProvider == Sso.SsoConnections.KeyOf(member.WorkspaceId));
        var claims = new Dictionary<string, object>
        {
            [Tokens.Claims.Session] = sessionId.ToString(),
            [Tokens.Claims.Methods] = string.Join(' ', methods),
            [Tokens.Claims.AuthenticatedAt] = proof.At.ToUnixTimeSeconds(),
        };
        if (proof.OwnAt is { } ownAt)
        {
            claims[Tokens.Claims.OwnAuthenticatedAt] = ownAt.ToUnixTimeSeconds();
            if (operators.Include(member.VerifiedEmail))
            {
                claims[Tokens.Claims.Operator] = "true";
            }
        }

        // Outside the workspace whose provider vouches for the user, a token only serves to prove the account's own credentials.
        return proof.CountsIn(member.WorkspaceId)
            ? IssueAsync(member, Scopes.All, sessionEndsAt, claims, cancellationToken)
            : IssueAsync(member with { Role = Permissions.NameOf(Role.Viewer) }, [Scopes.Account], sessionEndsAt, claims, cancellationToken);
    }

    /// <summary>For an operator's view of an account. Without auth_time, so that it passes no check for a recent sign-in.</summary>
    /// <param name="member">The viewed user.</param>
    public ValueTask<AccessToken> IssueForViewAsync(
        Membership member, Guid viewId, Guid operatorId, DateTimeOffset viewEndsAt, CancellationToken cancellationToken)
    {
        return IssueAsync(member with { ReadOnly = true }, Scopes.All, viewEndsAt, new()
        {
            [Tokens.Claims.Session] = viewId.ToString(),
            // Operators have two factors themselves.
            [Tokens.Claims.Methods] = AuthenticationMethods.TwoFactors,
            [Tokens.Claims.ViewedBy] = operatorId.ToString(),
        }, cancellationToken);
    }

    /// <summary>For an API key.</summary>
    /// <param name="keyEndsAt">The token expires then at the latest.</param>
    public ValueTask<AccessToken> IssueForApiKeyAsync(
        Membership member, IEnumerable<string> scopes, Guid apiKeyId, DateTimeOffset? keyEndsAt, CancellationToken cancellationToken) =>
        IssueAsync(member, scopes, keyEndsAt, new() { [Tokens.Claims.ApiKey] = apiKeyId.ToString() }, cancellationToken);

    private async ValueTask<AccessToken> IssueAsync(
        Membership member, IEnumerable<string> scopes, DateTimeOffset? notAfter, Dictionary<string, object> claims, CancellationToken cancellationToken)
    {
        var credentials = await keys.SigningCredentialsAsync(cancellationToken);
        var now = time.GetUtcNow();
        var lifetime = options.Value.AccessTokenLifetime;
        if (notAfter is { } end && end - now < lifetime)
        {
            lifetime = end - now;
        }

        claims[Tokens.Claims.Subject] = member.UserId.ToString();
        claims[Tokens.Claims.Workspace] = member.WorkspaceId.ToString();
        claims[Tokens.Claims.Role] = member.Role;
        claims[Tokens.Claims.Scope] = string.Join(' ', member.ReadOnly ? scopes.Where(scope => !scope.EndsWith(Scopes.WriteSuffix, StringComparison.Ordinal)) : scopes);
        claims[Tokens.Claims.Plan] = member.Plan;
        if (member.ApiLimitFactor > 1)
        {
            claims[Tokens.Claims.ApiLimitFactor] = member.ApiLimitFactor.ToString(CultureInfo.InvariantCulture);
        }

        claims[Tokens.Claims.Locale] = member.Locale;
        claims[Tokens.Claims.IssuedAtMs] = now.ToUnixTimeMilliseconds();
        claims[JwtRegisteredClaimNames.Jti] = Guid.NewGuid().ToString("N");

        var token = _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Tokens.Issuer,
            Audience = Tokens.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + lifetime).UtcDateTime,
            Claims = claims,
            SigningCredentials = credentials,
        });
        return new AccessToken(token, (int)lifetime.TotalSeconds);
    }
}
