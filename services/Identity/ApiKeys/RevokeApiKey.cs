using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class RevokeApiKey
{
    /// <summary>The event makes gateways drop the token that they hold for the key.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, CurrentWorkspace workspace, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        var keyHash = await work.Connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            """
            update api_keys set revoked_at = @now
            where id = @id and workspace_id = @WorkspaceId and revoked_at is null
            returning key_hash
            """,
            new { id, WorkspaceId = workspace.Id, now }, work.Transaction, cancellationToken: cancellationToken));
        if (keyHash is null)
        {
            return Problems.NotFound.Result();
        }

        work.Publish(new ApiKeyRevoked(id, workspace.Id, keyHash, now));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
