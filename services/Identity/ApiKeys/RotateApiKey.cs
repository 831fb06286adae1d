using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.ApiKeys;

public static class RotateApiKey
{
    private const int LongestOverlapSeconds = 30 * 24 * 60 * 60;

    public sealed record Request
    {
        /// <summary>How long the old key remains valid, 0 to 2592000 (30 days).</summary>
        public required int OverlapSeconds { get; init; }
    }

    /// <param name="Id">The new key, which has the name, scopes, networks and expiry of the old one.</param>
    /// <param name="Key">Shown only in this response.</param>
    /// <param name="Prefix">The start of the key, which identifies it.</param>
    /// <param name="OldKeyExpiresAt">When the old key expires.</param>
    public sealed record Response(
        Guid Id, string Key, string Name, IReadOnlyList<string> Scopes, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
        IReadOnlyList<string>? AllowedNetworks, DateTimeOffset OldKeyExpiresAt);

    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, [AsParameters] ApiKeyServices services, IOptions<IdentityServiceOptions> options, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (body.OverlapSeconds is < 0 or > LongestOverlapSeconds)
        {
            return ValidationErrors.Of("overlapSeconds", IdentityTexts.Of("apiKeys.overlap"));
        }

        var now = services.Time.GetUtcNow();
        var newId = NewApiKey.IdFor(context, now);
        var (user, workspace) = (services.User, services.Workspace);
        await using var work = await services.Database.BeginAsync(cancellationToken);
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

        if (Refuse(old, newId, user.Id, now) is { } refusal)
        {
            return refusal;
        }

        var replacement = new NewApiKey(ApiKey.Create(), old.Name, old.Scopes, old.AllowedNetworks, old.ExpiresAt);
        var stored = await replacement.InsertAsync(work, newId, workspace.Id, user.Id, now, cancellationToken);
        var overlap = TimeSpan.FromSeconds(body.OverlapSeconds);
        var oldEndsAt = old.ExpiresAt < now + overlap ? old.ExpiresAt.Value : now + overlap;
        await EndOldKeyAsync(work, id, oldHash, newId, oldEndsAt, overlap, services, cancellationToken);
        if (overlap > TimeSpan.Zero && overlap < options.Value.AccessTokenLifetime)
        {
            // Tokens issued before could outlive the overlap; those issued from now on end with it.
            await services.Revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken, issuedTokensOnly: true);
        }

        var key = replacement.Key;
        work.Publish(services.Audit.Entry(
            "apiKey.rotated", "apiKey", id, before: ListApiKeys.AuditDetails(old), after: new { RotatedTo = newId, Prefix = key.Visible, OldKeyExpiresAt = oldEndsAt }));
        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Created(
            $"/api/v1/api-keys/{newId}",
            new Response(newId, key.Value, old.Name, old.Scopes, key.Visible, stored.CreatedAt, old.ExpiresAt, old.AllowedNetworks, oldEndsAt));
    }

    private static async Task EndOldKeyAsync(
        UnitOfWork work, Guid id, string hash, Guid newId, DateTimeOffset endsAt, TimeSpan overlap, ApiKeyServices services, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        await work.ExecuteAsync(
            """
            update api_keys set expires_at = @endsAt, rotated_to = @newId, version = version + 1,
                revoked_at = case when @IsAtOnce then @now end
            where id = @id and workspace_id = @WorkspaceId
            """,
            new { id, WorkspaceId = services.Workspace.Id, endsAt, newId, now, IsAtOnce = overlap == TimeSpan.Zero },
            cancellationToken);
        if (overlap == TimeSpan.Zero)
        {
            work.Publish(new ApiKeyRevoked(id, services.Workspace.Id, hash, now));
            await services.Revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken);
        }
    }

    private static ProblemHttpResult? Refuse(ListApiKeys.ApiKeyResponse old, Guid newId, Guid userId, DateTimeOffset now)
    {
        if (old.UserId != userId)
        {
            // The new key would act as its creator, in the hands of someone else.
            return Problems.Forbidden.Result(IdentityTexts.Of("apiKeys.onlyCreatorRotates"));
        }

        if (old.RotatedTo is not null && old.RotatedTo != newId)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("apiKeys.alreadyRotated"));
        }

        return old.ExpiresAt <= now ? Problems.Conflict.Result(IdentityTexts.Of("apiKeys.expired")) : null;
    }
}
