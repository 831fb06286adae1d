using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces.Invitations;

public static class ListInvitations
{
    /// <summary>Lists open invitations, newest first. Expired ones are listed for 30 days, so that they can be resent.</summary>
    public static async Task<Results<Ok<Page<InvitationResponse>>, ProblemHttpResult>> HandleAsync(
        Guid id, int? limit, string? cursor, WorkspaceAccess access, Database database, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<IdCursor>(limit, cursor, out var size, out var after) is { } badPage)
        {
            return badPage;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        if ((await access.FindAsync(connection, id, cancellationToken)).IsRefused(out var refusal, out _))
        {
            return refusal;
        }

        var rows = await connection.QueryAsync<InvitationResponse>(
            $"""
            select {InvitationResponse.Columns} from invitations
            where workspace_id = @id and (@After::uuid is null or id < @After)
            order by id desc
            limit @Rows
            """,
            new { id, After = after?.Id, Rows = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new IdCursor(row.Id)));
    }
}
