using System.Text.Json.Serialization;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>A session's tokens (RFC 6749, 5.1, in camelCase).</summary>
/// <param name="RefreshToken">Works once, for the next pair.</param>
/// <param name="ExpiresIn">Seconds that the access token is good for.</param>
public sealed record TokenResponse(string AccessToken, string RefreshToken, int ExpiresIn, string TokenType = "Bearer")
{
    /// <summary>Stands for the second factor at /auth/login on this device, for 30 days; only where it was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeviceToken { get; init; }

    /// <summary>No cache on the way may keep tokens.</summary>
    public static void ForbidStoring(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        response.Headers.CacheControl = "no-store";
    }
}
