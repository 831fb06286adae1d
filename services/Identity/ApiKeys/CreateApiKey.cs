using Dapper;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class CreateApiKey
{
    public sealed record Request
    {
        public required string Name { get; init; }

        public required IReadOnlyList<string?> Scopes { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }
    }

    /// <param name="Key">Shown here and never again.</param>
    /// <param name="Prefix">The start of the key, to recognise it by.</param>
    public sealed record Response(
        Guid Id, string Key, string Name, IReadOnlyList<string> Scopes, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, CurrentWorkspace workspace, Database database, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var errors = new ValidationErrors();
        if (!UnicodeText.TryParseLine(body.Name, ApiKey.MaxNameLength, out var name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        if (body.Scopes.Count == 0 || body.Scopes.Any(scope => !Scopes.Grantable.Contains(scope)))
        {
            errors.Add("scopes", $"One or more of {string.Join(", ", Scopes.Grantable)}.");
        }

        if (body.ExpiresAt <= now)
        {
            errors.Add("expiresAt", "This must be in the future.");
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        var key = ApiKey.Create();
        // In one order and once each, whatever the request said.
        var scopes = Scopes.Grantable.Where(scope => body.Scopes.Contains(scope)).ToArray();
        await using var connection = await database.OpenAsync(cancellationToken);
        var created = await connection.QuerySingleOrDefaultAsync<CreatedRow>(new CommandDefinition(
            """
            insert into api_keys (id, workspace_id, user_id, name, key_hash, prefix, scopes, created_at, expires_at)
            select @Id, m.workspace_id, m.user_id, @name, @KeyHash, @Visible, @scopes, @now, @ExpiresAt
            from members m where m.workspace_id = @WorkspaceId and m.user_id = @UserId
            -- An Idempotency-Key's earlier attempt died before it could answer: nobody has seen its key, this one takes its place.
            on conflict (id) do update set key_hash = excluded.key_hash, prefix = excluded.prefix
            where api_keys.workspace_id = excluded.workspace_id and api_keys.user_id = excluded.user_id
            returning id, created_at, expires_at
            """,
            new
            {
                Id = IdempotentOperation.Of(context)?.Id ?? Guid.CreateVersion7(now),
                WorkspaceId = workspace.Id,
                UserId = user.Id,
                name,
                KeyHash = ApiKeyHash.Of(key.Value),
                key.Visible,
                scopes,
                now,
                body.ExpiresAt,
            },
            cancellationToken: cancellationToken));
        if (created is null)
        {
            // The account left the workspace, or is gone, since the token was made.
            return Problems.Unauthorized.Result();
        }

        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Created(
            $"/api/v1/api-keys/{created.Id}",
            new Response(created.Id, key.Value, name!, scopes, key.Visible, created.CreatedAt, created.ExpiresAt));
    }

    private sealed record CreatedRow(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
}
