using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Plans;

/// <summary>GET /internal/workspaces/{id}/contact, for billing: the workspace and the owner who has owned it longest.</summary>
public static class WorkspaceContact
{
    public sealed record Response(Guid WorkspaceId, string Name, Guid OwnerId, string Email, string? OwnerName, string Locale);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(Guid id, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var contact = await connection.QuerySingleOrDefaultAsync<Response>(
            """
            select w.id as workspace_id, w.name, u.id as owner_id, u.email, u.name as owner_name, u.locale
            from workspaces w join members m on m.workspace_id = w.id join users u on u.id = m.user_id
            where m.workspace_id = @id and m.role = 'owner' order by m.joined_at, u.id limit 1
            """,
            new { id }, cancellationToken);
        return contact is null ? Problems.NotFound.Result() : TypedResults.Ok(contact);
    }
}
