namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>A user's membership in a workspace, as their access tokens state it.</summary>
/// <param name="ReadOnly">The workspace is scheduled for deletion.</param>
/// <param name="VerifiedEmail">Normalised; null for an unverified address.</param>
/// <param name="ApiLimitFactor">By how much the plan multiplies rate limits.</param>
public sealed record Membership(
    Guid UserId, Guid WorkspaceId, string Role, string Plan, string Locale, bool ReadOnly, string? VerifiedEmail = null, int ApiLimitFactor = 1)
{
    /// <summary>Of members m, workspaces w and users u.</summary>
    internal const string Columns = """
        m.user_id, m.workspace_id, m.role, w.plan, u.locale, w.deletion_scheduled_at is not null as read_only,
        case when u.email_confirmed then u.normalized_email end as verified_email, w.api_limit_factor
        """;
}
