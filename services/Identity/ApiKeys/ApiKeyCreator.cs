using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.ApiKeys;

/// <summary>The current membership of a user who creates or changes an API key.</summary>
/// <param name="IsReadOnly">The workspace is scheduled for deletion: keys can only be revoked in it.</param>
internal sealed record ApiKeyCreator(string Role, bool IsReadOnly)
{
    /// <summary>
    /// Locks the workspace, so that a concurrent scheduling of its deletion waits. Call it before any key is locked: the order is the
    /// workspace first, then its contents, everywhere.
    /// </summary>
    /// <returns>Null for a user who isn't a member.</returns>
    public static Task<ApiKeyCreator?> FindAsync(UnitOfWork work, Guid workspaceId, Guid userId, CancellationToken cancellationToken) =>
        work.QuerySingleOrDefaultAsync<ApiKeyCreator>(
            """
            select m.role, w.deletion_scheduled_at is not null as is_read_only
            from members m join workspaces w on w.id = m.workspace_id
            where m.workspace_id = @workspaceId and m.user_id = @userId
            for share of w
            """,
            new { workspaceId, userId }, cancellationToken);
}
