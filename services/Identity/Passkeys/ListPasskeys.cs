using Dapper;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Passkeys;

public static class ListPasskeys
{
    /// <summary>Where the next page starts.</summary>
    public sealed record Cursor(Guid Id);

    public static async Task<Results<Ok<Page<PasskeyResponse>>, ProblemHttpResult>> HandleAsync(
        int? limit, string? cursor, CurrentUser user, Database database, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var size = Paging.Limit(limit, errors);
        var after = Paging.Decode<Cursor>(cursor, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<PasskeyResponse>(new CommandDefinition(
            """
            select id, name, backed_up, created_at, last_used_at from passkeys
            where user_id = @UserId and (@After::uuid is null or id < @After)
            order by id desc
            limit @Rows
            """,
            new { UserId = user.Id, After = after?.Id, Rows = size + 1 }, cancellationToken: cancellationToken));
        return TypedResults.Ok(Paging.Page(rows.AsList(), size, row => row, row => new Cursor(row.Id)));
    }
}
