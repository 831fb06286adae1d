using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Sso;

/// <summary>What a provider says about a person, checked.</summary>
/// <param name="Issuer">The token's own: with several tenants, the tenant's.</param>
/// <param name="Subject">Never given to anybody else by this issuer; the address can be.</param>
/// <param name="EmailVerified">Whether the provider says that it checked.</param>
/// <param name="AuthenticatedAt">When the person proved who they are there; null when it doesn't say.</param>
public sealed record ProviderClaims(
    string Issuer, string Subject, string? Email, bool EmailVerified, string? Name, string? Locale, IReadOnlyList<string> Methods, DateTimeOffset? AuthenticatedAt)
{
    /// <summary>Values of the claim that roles are read from.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}

/// <summary>Validates ID tokens (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725).</summary>
public sealed class IdTokens(ProviderMetadata metadata, IOptions<SsoSettings> settings, TimeProvider time)
{
    private const int MaxTokenBytes = 64 * 1024;

    private const int MaxSubjectLength = 255;

    private const int MaxGroups = 1000;

    /// <summary>A token is made for this sign-in, not kept.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>Signatures that only the holder of a private key makes. "none" and HMAC, which everybody who knows the secret makes, are not among them.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxTokenBytes, MapInboundClaims = false };

    /// <param name="nonce">That went out with the request.</param>
    /// <exception cref="ProviderException">The token must not be believed.</exception>
    public async Task<ProviderClaims> ValidateAsync(
        SsoProvider provider, OpenIdConnectConfiguration configuration, string idToken, string nonce, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(configuration);
        var result = await _handler.ValidateTokenAsync(idToken, Parameters(provider, configuration));
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            configuration = await metadata.RefreshAsync(provider, cancellationToken);
            result = await _handler.ValidateTokenAsync(idToken, Parameters(provider, configuration));
        }

        if (!result.IsValid || result.SecurityToken is not JsonWebToken token)
        {
            throw Refused(result.Exception?.GetType().Name ?? "not valid", result.Exception);
        }

        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        var said = payload.RootElement;
        var now = time.GetUtcNow();
        var skew = settings.Value.ClockSkew;
        var issuedAt = Number(said, JwtRegisteredClaimNames.Iat) ?? throw Refused("no iat");
        if (issuedAt > (now + skew).ToUnixTimeSeconds() || issuedAt < (now - MaxAge - skew).ToUnixTimeSeconds())
        {
            throw Refused("issued at another time");
        }

        // For whom, where it is for several: 3.1.3.7, 4 and 5.
        var authorizedParty = Text(said, "azp");
        if ((authorizedParty is null && token.Audiences.Count() > 1) || (authorizedParty is not null && authorizedParty != provider.ClientId))
        {
            throw Refused("another azp");
        }

        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Text(said, "nonce") ?? ""), Encoding.UTF8.GetBytes(nonce)))
        {
            throw Refused("another nonce");
        }

        if (Text(said, JwtRegisteredClaimNames.Sub) is not { Length: > 0 and <= MaxSubjectLength } subject)
        {
            throw Refused("no sub");
        }

        DateTimeOffset? authenticatedAt = Number(said, "auth_time") is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, now.ToUnixTimeSeconds())) : null;
        return new ProviderClaims(
            token.Issuer,
            subject,
            Text(said, "email"),
            IsTrue(Member(said, "email_verified")) || IsTrue(Member(said, "xms_edov")),
            Text(said, "name"),
            Text(said, "locale"),
            Member(said, "amr") is { } methods ? Strings(methods) : [],
            authenticatedAt)
        {
            Groups = provider.Workspace?.RoleClaim is { } claim && Member(said, claim) is { } groups ? Strings(groups) : [],
        };
    }

    /// <summary>Adds what the provider tells only at its userinfo endpoint.</summary>
    /// <exception cref="ProviderException">It is about somebody else.</exception>
    public static ProviderClaims With(ProviderClaims claims, JsonElement userInfo, string? roleClaim)
    {
        ArgumentNullException.ThrowIfNull(claims);
        if (Member(userInfo, "sub") is not { ValueKind: JsonValueKind.String } subject || subject.GetString() != claims.Subject)
        {
            // 5.3.2: otherwise one person's token would fetch another one's address.
            throw Refused("userinfo about somebody else");
        }

        var email = claims.Email is null ? TextOf(Member(userInfo, "email")) : null;
        return claims with
        {
            Email = claims.Email ?? email,
            // Of the address that it stands beside.
            EmailVerified = email is null ? claims.EmailVerified : IsTrue(Member(userInfo, "email_verified")) || IsTrue(Member(userInfo, "xms_edov")),
            Name = claims.Name ?? TextOf(Member(userInfo, "name")),
            Locale = claims.Locale ?? TextOf(Member(userInfo, "locale")),
            Groups = claims.Groups.Count == 0 && roleClaim is not null && Member(userInfo, roleClaim) is { } groups ? Strings(groups) : claims.Groups,
        };
    }

    private TokenValidationParameters Parameters(SsoProvider provider, OpenIdConnectConfiguration configuration) => new()
    {
        ValidAlgorithms = Algorithms,
        IssuerSigningKeys = configuration.SigningKeys.Where(key => key is not SymmetricSecurityKey),
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        ValidAudience = provider.ClientId,
        IssuerValidator = (issuer, token, _) => IsIssuer(issuer, token as JsonWebToken, configuration.Issuer)
            ? issuer
            : throw new SecurityTokenInvalidIssuerException("Another issuer."),
        LifetimeValidator = (notBefore, expires, _, _) =>
            expires > (time.GetUtcNow() - settings.Value.ClockSkew).UtcDateTime
            && (notBefore is null || notBefore <= (time.GetUtcNow() + settings.Value.ClockSkew).UtcDateTime),
    };

    private static bool IsIssuer(string issuer, JsonWebToken? token, string expected) =>
        expected.Contains(ProviderMetadata.TenantPlaceholder, StringComparison.Ordinal)
            ? token is not null && token.TryGetPayloadValue<string>("tid", out var tenant) && Guid.TryParse(tenant, out _)
                && issuer == expected.Replace(ProviderMetadata.TenantPlaceholder, tenant, StringComparison.Ordinal)
            : issuer == expected;

    private static ProviderException Refused(string why, Exception? exception = null) => new(SsoReasons.Token, $"The ID token was refused: {why}.", exception);

    private static long? Number(JsonElement said, string name) =>
        Member(said, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && number is > 0 and < 253_402_300_800 ? (long)number : null;

    private static string? Text(JsonElement said, string name) => TextOf(Member(said, name));

    /// <summary>Some providers write it as text, Microsoft's as a number.</summary>
    private static bool IsTrue(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.String } text => text.GetString() is "true" or "True" or "1",
        { ValueKind: JsonValueKind.Number } number => number.TryGetInt32(out var one) && one == 1,
        _ => false,
    };

    private static string? TextOf(JsonElement? value) => value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    private static string[] Strings(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => [.. value.EnumerateArray().Take(MaxGroups).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)],
        _ => [],
    };
}
