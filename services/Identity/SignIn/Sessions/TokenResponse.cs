using System.Text.Json.Serialization;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>A session's tokens (RFC 6749, 5.1, in camelCase).</summary>
/// <param name="RefreshToken">Works once, for the next tokens.</param>
/// <param name="ExpiresIn">The access token's lifetime in seconds.</param>
public sealed record TokenResponse(string AccessToken, string RefreshToken, int ExpiresIn, string TokenType = "Bearer")
{
    /// <summary>Replaces the second factor at /auth/login on this device for 30 days; only if requested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeviceToken { get; init; }

    /// <summary>Caches must not store tokens.</summary>
    public static void ForbidStoring(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
    }
}
