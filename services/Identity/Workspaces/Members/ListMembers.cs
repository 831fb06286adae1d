using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces.Members;

/// <param name="Role">owner, admin, member or viewer.</param>
/// <param name="TwoFactor">Whether the member has a second factor; only for admins and owners, otherwise null.</param>
public sealed record MemberResponse(Guid UserId, string? Name, string Email, string Role, DateTimeOffset JoinedAt, bool? TwoFactor);

public static class ListMembers
{
    /// <summary>Where the next page starts.</summary>
    public sealed record Cursor(DateTimeOffset JoinedAt, Guid UserId);

    /// <summary>In the order in which they joined.</summary>
    public static async Task<Results<Ok<Page<MemberResponse>>, ProblemHttpResult>> HandleAsync(
        Guid id, int? limit, string? cursor, WorkspaceAccess access, Database database, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<Cursor>(limit, cursor, out var size, out var after) is { } badPage)
        {
            return badPage;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        if ((await access.FindAsync(connection, id, cancellationToken)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        var rows = await connection.QueryAsync<MemberResponse>(
            """
            select m.user_id, u.name, u.email, m.role, m.joined_at, case when @IsAdmin then
                       exists (select from authenticators a where a.user_id = m.user_id and a.enabled_at is not null)
                       or exists (select from passkeys p where p.user_id = m.user_id) end as two_factor
            from members m join users u on u.id = m.user_id
            where m.workspace_id = @id and (@UserId::uuid is null or (m.joined_at, m.user_id) > (@JoinedAt::timestamptz, @UserId))
            order by m.joined_at, m.user_id
            limit @Rows
            """,
            new
            {
                id, IsAdmin = workspace.MayActAs(Role.Admin), after?.UserId, JoinedAt = after?.JoinedAt.ToUniversalTime(), Rows = size + 1,
            },
            cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new Cursor(row.JoinedAt, row.UserId)));
    }
}
