using System.Buffers.Text;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Web.Sessions;

/// <summary>
/// The claims of an access token. Not verified here, because it comes from the API itself. They only decide what pages offer; the
/// API enforces the permissions.
/// </summary>
public sealed record AccessTokenClaims(Guid? UserId, Guid? WorkspaceId, Role? Role)
{
    private static readonly AccessTokenClaims None = new(null, null, null);

    public static AccessTokenClaims Of(string token)
    {
        if (token.Split('.') is not [_, var payload, _])
        {
            return None;
        }

        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            var claims = document.RootElement;
            return new AccessTokenClaims(Id(claims, Tokens.Claims.Subject), Id(claims, Tokens.Claims.Workspace), Permissions.RoleOf(Text(claims, Tokens.Claims.Role)))
            {
                IsOperator = Text(claims, Tokens.Claims.Operator) == "true",
                IsLimited = !OwnCredentials.AreProved(claims.TryGetProperty(Tokens.Claims.OwnAuthenticatedAt, out _), Text(claims, Tokens.Claims.Methods)),
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return None;
        }
    }

    /// <summary>Whether the user is an operator.</summary>
    public bool IsOperator { get; init; }

    /// <summary>Whether only the workspace's single sign-on vouches for the user.</summary>
    public bool IsLimited { get; init; }

    private static Guid? Id(JsonElement claims, string name) => Guid.TryParse(Text(claims, name), out var id) ? id : null;

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
