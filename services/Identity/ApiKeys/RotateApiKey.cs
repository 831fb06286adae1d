using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.ApiKeys;

public static class RotateApiKey
{
    private const int LongestOverlapSeconds = 30 * 24 * 60 * 60;

    public sealed record Request
    {
        /// <summary>For how long the old key stays valid beside the new one, 0 to 2592000 (30 days).</summary>
        public required int OverlapSeconds { get; init; }
    }

    /// <param name="Id">Of the new key, which has name, scopes, networks and expiry of the old one.</param>
    /// <param name="Key">Shown here and never again.</param>
    /// <param name="Prefix">The start of the key, to recognise it by.</param>
    /// <param name="OldKeyExpiresAt">Until when the old key is valid.</param>
    public sealed record Response(
        Guid Id, string Key, string Name, IReadOnlyList<string> Scopes, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
        IReadOnlyList<string>? AllowedNetworks, DateTimeOffset OldKeyExpiresAt);

    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, CurrentUser user, CurrentWorkspace workspace, Database database, Revocations revocations, AuditTrail audit,
        IOptions<IdentityServiceOptions> options, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        if (body.OverlapSeconds is < 0 or > LongestOverlapSeconds)
        {
            return ValidationErrors.Of("overlapSeconds", "0 to 2592000 seconds (30 days).");
        }

        var now = time.GetUtcNow();
        var newId = IdempotentOperation.Of(context)?.Id ?? Guid.CreateVersion7(now);
        await using var work = await database.BeginAsync(cancellationToken);
        if (await ApiKeyCreator.FindAsync(work, workspace.Id, user.Id, cancellationToken) is { IsReadOnly: true })
        {
            return Problems.WorkspaceDeletionScheduled.Result();
        }

        var oldHash = await work.ExecuteScalarAsync<string?>(
            "select key_hash from api_keys where id = @id and workspace_id = @WorkspaceId for update",
            new { id, WorkspaceId = workspace.Id }, cancellationToken);
        if (await ListApiKeys.FindAsync(work.Connection, id, user.Id, workspace.Id, cancellationToken) is not { } old || oldHash is null)
        {
            return Problems.NotFound.Result();
        }

        if (old.UserId != user.Id)
        {
            // The new key would act as its maker, in the hands of somebody else.
            return Problems.Forbidden.Result("Only its creator can rotate an API key. Admins can revoke it.");
        }

        if (old.RotatedTo is not null && old.RotatedTo != newId)
        {
            return Problems.Conflict.Result("The key was already rotated. Rotate the key that replaced it.");
        }

        if (old.ExpiresAt <= now)
        {
            return Problems.Conflict.Result("The key has expired. Create a new one.");
        }

        var key = ApiKey.Create();
        var overlap = TimeSpan.FromSeconds(body.OverlapSeconds);
        var oldEndsAt = old.ExpiresAt < now + overlap ? old.ExpiresAt.Value : now + overlap;
        var created = await work.QuerySingleAsync<DateTimeOffset>(
            """
            insert into api_keys (id, workspace_id, user_id, name, key_hash, prefix, scopes, allowed_networks, created_at, expires_at)
            values (@newId, @WorkspaceId, @UserId, @Name, @KeyHash, @Visible, @Scopes, @Networks, @now, @ExpiresAt)
            -- An Idempotency-Key's earlier attempt died before it could answer: nobody has seen its key, this one takes its place.
            on conflict (id) do update set key_hash = excluded.key_hash, prefix = excluded.prefix
            where api_keys.workspace_id = excluded.workspace_id and api_keys.user_id = excluded.user_id
            returning created_at
            """,
            new
            {
                newId, WorkspaceId = workspace.Id, UserId = user.Id, old.Name, KeyHash = ApiKeyHash.Of(key.Value), key.Visible,
                old.Scopes, Networks = old.AllowedNetworks, now, old.ExpiresAt,
            },
            cancellationToken);
        await work.ExecuteAsync(
            """
            update api_keys set expires_at = @oldEndsAt, rotated_to = @newId, version = version + 1,
                revoked_at = case when @IsAtOnce then @now end
            where id = @id and workspace_id = @WorkspaceId
            """,
            new { id, WorkspaceId = workspace.Id, oldEndsAt, newId, now, IsAtOnce = overlap == TimeSpan.Zero },
            cancellationToken);
        if (overlap == TimeSpan.Zero)
        {
            work.Publish(new ApiKeyRevoked(id, workspace.Id, oldHash, now));
            await revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken);
        }
        else if (overlap < options.Value.AccessTokenLifetime)
        {
            // Tokens from before could outlive the overlap; those made from now on end with it.
            await revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken, issuedTokensOnly: true);
        }

        work.Publish(audit.Entry("apiKey.rotated", "apiKey", id, before: ListApiKeys.AuditDetails(old), after: new { RotatedTo = newId, Prefix = key.Visible, OldKeyExpiresAt = oldEndsAt }));
        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Created(
            $"/api/v1/api-keys/{newId}",
            new Response(newId, key.Value, old.Name, old.Scopes, key.Visible, created, old.ExpiresAt, old.AllowedNetworks, oldEndsAt));
    }
}
