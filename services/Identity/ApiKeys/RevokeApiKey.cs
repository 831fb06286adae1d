using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class RevokeApiKey
{
    /// <summary>The events make gateways drop their cached token of the key, and every service refuse it.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, [AsParameters] ApiKeyServices services, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        var (user, workspace) = (services.User, services.Workspace);
        await using var work = await services.Database.BeginAsync(cancellationToken);
        var key = await work.QuerySingleOrDefaultAsync<Row>(
            """
            update api_keys k set revoked_at = @now
            from members m
            where k.id = @id and k.workspace_id = @WorkspaceId and k.revoked_at is null
                and m.workspace_id = k.workspace_id and m.user_id = @UserId and (k.user_id = @UserId or m.role in ('admin', 'owner'))
            returning k.user_id, k.name, k.prefix, k.key_hash
            """,
            new { id, WorkspaceId = workspace.Id, UserId = user.Id, now }, cancellationToken);
        if (key is null)
        {
            return Problems.NotFound.Result();
        }

        work.Publish(new ApiKeyRevoked(id, workspace.Id, key.KeyHash, now));
        await services.Revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken);
        work.Publish(services.Audit.Entry("apiKey.revoked", "apiKey", id, before: new { key.Name, key.Prefix, key.UserId }));
        await services.Notices.RaiseAsync(work, key.UserId, SecurityNoticeKinds.ApiKeyRevoked, detail: key.Name, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private sealed record Row(Guid UserId, string Name, string Prefix, string KeyHash);
}
