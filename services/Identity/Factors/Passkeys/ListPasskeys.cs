using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.Passkeys;

public static class ListPasskeys
{
    public static async Task<Results<Ok<Page<PasskeyResponse>>, ProblemHttpResult>> HandleAsync(
        int? limit, string? cursor, CurrentUser user, Database database, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<IdCursor>(limit, cursor, out var size, out var after) is { } refusal)
        {
            return refusal;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<PasskeyResponse>(
            """
            select id, name, backed_up, created_at, last_used_at from passkeys
            where user_id = @UserId and (@After::uuid is null or id < @After)
            order by id desc
            limit @Rows
            """,
            new { UserId = user.Id, After = after?.Id, Rows = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new IdCursor(row.Id)));
    }
}
