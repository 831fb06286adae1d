using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Identity.Accounts.Profile;

/// <param name="WorkspaceId">The workspace of the access token.</param>
/// <param name="Role">In that workspace: owner, admin, member or viewer.</param>
/// <param name="TimeZone">An IANA name; null for the device's.</param>
/// <param name="Theme">light or dark; null for the device's.</param>
/// <param name="Onboarding">The tour of a new account: open, dismissed or completed.</param>
public sealed record ProfileResponse(
    Guid Id,
    string Email,
    bool EmailVerified,
    string? Name,
    string Locale,
    string? TimeZone,
    string? Theme,
    string Onboarding,
    Guid WorkspaceId,
    string Role,
    string Plan,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long Version)
{
    /// <summary>
    /// Whether only the workspace's sign-in provider vouches for this session, so that it is good for that workspace alone. POST /auth/confirm
    /// with the account's own credentials opens the account and its other workspaces.
    /// </summary>
    public bool LimitedToWorkspace { get; init; }

    /// <returns>Null when the account or its membership was deleted after the token was issued.</returns>
    internal static Task<ProfileResponse?> FindAsync(
        NpgsqlConnection connection, CurrentUser user, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<ProfileResponse>(
            """
            select u.id, u.email, u.email_confirmed as email_verified, u.name, u.locale, u.time_zone, u.theme, u.onboarding,
                   m.workspace_id, m.role, w.plan, u.created_at, u.updated_at, u.version
            from users u
            join members m on m.user_id = u.id and m.workspace_id = @WorkspaceId
            join workspaces w on w.id = m.workspace_id
            where u.id = @Id
            """,
            new { user.Id, user.WorkspaceId }, cancellationToken);
}
