using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces;

public static class ListWorkspaces
{
    /// <summary>
    /// Oldest first, so that the personal one is at the top. A session that only a workspace's provider vouches for sees its own workspace.
    /// </summary>
    public static async Task<Results<Ok<Page<WorkspaceResponse>>, ProblemHttpResult>> HandleAsync(
        int? limit, string? cursor, CurrentUser user, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<IdCursor>(limit, cursor, out var size, out var after) is { } refusal)
        {
            return refusal;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<WorkspaceResponse>(
            """
            select w.id, w.name, w.plan, coalesce(w.personal_of = m.user_id, false) as personal, m.role, w.require_two_factor,
                   w.deletion_scheduled_at, w.erase_after, w.created_at, w.updated_at, w.version
            from members m join workspaces w on w.id = m.workspace_id
            where m.user_id = @UserId and (@After::uuid is null or m.workspace_id > @After)
                and (@Only::uuid is null or m.workspace_id = @Only)
            order by m.workspace_id
            limit @Rows
            """,
            new { UserId = user.Id, After = after?.Id, Only = OwnCredentials.AreProved(context.User) ? (Guid?)null : user.WorkspaceId, Rows = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new IdCursor(row.Id)));
    }
}
