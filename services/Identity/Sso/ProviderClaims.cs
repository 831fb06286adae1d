using System.Text.Json;

namespace LinkShort.Identity.Sso;

/// <summary>A provider's validated claims about a user.</summary>
/// <param name="Issuer">The token's own: with several tenants, the tenant's.</param>
/// <param name="Subject">Never reassigned by this issuer, unlike the address.</param>
/// <param name="EmailVerified">Whether the provider claims to have verified the address.</param>
/// <param name="Methods">How the user authenticated there (<c>amr</c>, RFC 8176).</param>
/// <param name="AuthenticatedAt">When they did; null if the provider doesn't report it.</param>
public sealed record ProviderClaims(
    string Issuer, string Subject, string? Email, bool EmailVerified, string? Name, string? Locale, IReadOnlyList<string> Methods, DateTimeOffset? AuthenticatedAt)
{
    private const int MaxSubjectLength = 255;

    private const int MaxGroups = 1000;

    /// <summary>Values of the claim that roles are read from.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>
    /// Reads the payload of a validated ID token. By JSON type, because the library's typed readers convert: a subject that is a number or an
    /// object would become text.
    /// </summary>
    /// <returns>Null without a usable subject.</returns>
    public static ProviderClaims? Read(string issuer, JsonElement payload, string? roleClaim, DateTimeOffset now) =>
        Text(payload, "sub") is not { Length: > 0 and <= MaxSubjectLength } subject
            ? null
            : new ProviderClaims(
                issuer,
                subject,
                Text(payload, "email"),
                IsEmailVerified(payload),
                Text(payload, "name"),
                Text(payload, "locale"),
                Strings(payload, "amr"),
                Seconds(payload, "auth_time") is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, now.ToUnixTimeSeconds())) : null)
            {
                Groups = Strings(payload, roleClaim),
            };

    /// <summary>Adds what the provider publishes only at its userinfo endpoint.</summary>
    /// <returns>Null when the response is about another subject (OpenID Connect Core, 5.3.2), whose address must not be used.</returns>
    public ProviderClaims? With(JsonElement userInfo, string? roleClaim)
    {
        if (Text(userInfo, "sub") != Subject)
        {
            return null;
        }

        var email = Email is null ? Text(userInfo, "email") : null;
        return this with
        {
            Email = Email ?? email,
            // Applies to the address from the same source.
            EmailVerified = email is null ? EmailVerified : IsEmailVerified(userInfo),
            Name = Name ?? Text(userInfo, "name"),
            Locale = Locale ?? Text(userInfo, "locale"),
            Groups = Groups.Count == 0 ? Strings(userInfo, roleClaim) : Groups,
        };
    }

    /// <summary>A NumericDate (RFC 7519, 2) in whole Unix seconds.</summary>
    internal static long? Seconds(JsonElement claims, string name) =>
        Member(claims, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && number is > 0 and < 253_402_300_800 ? (long)number : null;

    internal static string? Text(JsonElement claims, string name) => Member(claims, name) is { } value ? TextOf(value) : null;

    /// <returns>Null for other types, and for text that can't be stored, with NUL or lone surrogates.</returns>
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String && value.GetString() is { } text && !text.Contains('\0', StringComparison.Ordinal) ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsEmailVerified(JsonElement claims) => IsTrue(Member(claims, "email_verified")) || IsTrue(Member(claims, "xms_edov"));

    /// <summary>Some providers write it as text, Microsoft's as a number.</summary>
    private static bool IsTrue(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.String } text => TextOf(text) is "true" or "True" or "1",
        { ValueKind: JsonValueKind.Number } number => number.TryGetInt32(out var one) && one == 1,
        _ => false,
    };

    private static string[] Strings(JsonElement claims, string? name) => (name is null ? null : Member(claims, name)) switch
    {
        { ValueKind: JsonValueKind.String } text => TextOf(text) is { } only ? [only] : [],
        { ValueKind: JsonValueKind.Array } array => [.. array.EnumerateArray().Take(MaxGroups).Select(TextOf).OfType<string>()],
        _ => [],
    };

    private static JsonElement? Member(JsonElement claims, string name) =>
        claims.ValueKind == JsonValueKind.Object && claims.TryGetProperty(name, out var value) ? value : null;
}
