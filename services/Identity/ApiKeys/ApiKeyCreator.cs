using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.ApiKeys;

/// <summary>What somebody who makes or changes an API key is in the workspace now.</summary>
/// <param name="IsReadOnly">The workspace is going to be deleted: no keys are made, changed or rotated in it, only revoked.</param>
internal sealed record ApiKeyCreator(string Role, bool IsReadOnly)
{
    /// <summary>Before any key is locked, as everywhere: the workspace first, then what is in it. A deletion that is being scheduled waits.</summary>
    /// <returns>Null for whoever isn't a member.</returns>
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
