using Dapper;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class ListApiKeys
{
    public sealed record ApiKeyResponse
    {
        public required Guid Id { get; init; }

        public required string Name { get; init; }

        /// <summary>The start of the key, to recognise it by.</summary>
        public required string Prefix { get; init; }

        public required IReadOnlyList<string> Scopes { get; init; }

        public required DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        /// <summary>To the minute.</summary>
        public DateTimeOffset? LastUsedAt { get; init; }
    }

    /// <summary>Where the next page starts.</summary>
    public sealed record Cursor(Guid Id);

    /// <summary>Ids are UUIDv7, so their order is that of creation.</summary>
    public static async Task<Results<Ok<Page<ApiKeyResponse>>, ProblemHttpResult>> HandleAsync(
        int? limit, string? cursor, CurrentWorkspace workspace, Database database, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var size = Paging.Limit(limit, errors);
        var after = Paging.Decode<Cursor>(cursor, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<ApiKeyResponse>(new CommandDefinition(
            """
            select id, name, prefix, scopes, created_at, expires_at, last_used_at
            from api_keys
            where workspace_id = @WorkspaceId and revoked_at is null and (@After::uuid is null or id < @After)
            order by id desc
            limit @Rows
            """,
            new { WorkspaceId = workspace.Id, After = after?.Id, Rows = size + 1 }, cancellationToken: cancellationToken));
        return TypedResults.Ok(Paging.Page(rows.AsList(), size, row => row, row => new Cursor(row.Id)));
    }
}
