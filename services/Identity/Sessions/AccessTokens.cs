using LinkShort.Identity.SigningKeys;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Sessions;

/// <param name="ExpiresIn">Whole seconds.</param>
public readonly record struct AccessToken(string Value, int ExpiresIn)
{
    public override string ToString() => "(access token)";
}

/// <summary>Signs what <see cref="Tokens"/> describes.</summary>
public sealed class AccessTokens(SigningKeyRing keys, IOptions<IdentitySettings> settings, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <param name="notAfter">The token ends then at the latest, as an API key does.</param>
    public async ValueTask<AccessToken> IssueAsync(
        Membership member, IEnumerable<string> scopes, Guid? apiKeyId, DateTimeOffset? notAfter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(member);
        var credentials = await keys.SigningCredentialsAsync(cancellationToken);
        var now = time.GetUtcNow();
        var lifetime = settings.Value.AccessTokenLifetime;
        if (notAfter is { } end && end - now < lifetime)
        {
            lifetime = end - now;
        }

        var claims = new Dictionary<string, object>
        {
            [Tokens.Claims.Subject] = member.UserId.ToString(),
            [Tokens.Claims.Workspace] = member.WorkspaceId.ToString(),
            [Tokens.Claims.Role] = member.Role,
            [Tokens.Claims.Scope] = string.Join(' ', scopes),
            [Tokens.Claims.Plan] = member.Plan,
            [Tokens.Claims.Locale] = member.Locale,
            [JwtRegisteredClaimNames.Jti] = Guid.NewGuid().ToString("N"),
        };
        if (apiKeyId is { } key)
        {
            claims[Tokens.Claims.ApiKey] = key.ToString();
        }

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
