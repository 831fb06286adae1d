using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class CreateApiKey
{
    public sealed record Request
    {
        public required string Name { get; init; }

        /// <summary>No more than one's own role allows.</summary>
        public required IReadOnlyList<string?> Scopes { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        /// <summary>CIDRs or addresses that the key may be used from; from anywhere without.</summary>
        public IReadOnlyList<string?>? AllowedNetworks { get; init; }
    }

    /// <param name="Key">Shown here and never again.</param>
    /// <param name="Prefix">The start of the key, to recognise it by.</param>
    public sealed record Response(
        Guid Id, string Key, string Name, IReadOnlyList<string> Scopes, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
        IReadOnlyList<string>? AllowedNetworks);

    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, CurrentWorkspace workspace, Database database, AuditTrail audit, SecurityNotices notices,
        TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var errors = new ValidationErrors();
        if (!UnicodeText.TryParseLine(body.Name, ApiKey.MaxNameLength, out var name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        var scopes = ApiKeyScopes.Parse(body.Scopes, errors);
        var networks = AllowedNetworks.Parse(body.AllowedNetworks, errors);
        if (body.ExpiresAt <= now)
        {
            errors.Add("expiresAt", "Must be in the future.");
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        var key = ApiKey.Create();
        await using var work = await database.BeginAsync(cancellationToken);
        if (await ApiKeyCreator.FindAsync(work, workspace.Id, user.Id, cancellationToken) is not { } maker)
        {
            // The account left the workspace, or is gone, since the token was made.
            return Problems.Unauthorized.Result();
        }

        if (maker.IsReadOnly)
        {
            return Problems.WorkspaceDeletionScheduled.Result();
        }

        ApiKeyScopes.CheckRole(scopes, maker.Role, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var created = await work.QuerySingleAsync<CreatedRow>(
            """
            insert into api_keys (id, workspace_id, user_id, name, key_hash, prefix, scopes, allowed_networks, created_at, expires_at)
            values (@Id, @WorkspaceId, @UserId, @name, @KeyHash, @Visible, @scopes, @networks, @now, @ExpiresAt)
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
                networks,
                now,
                body.ExpiresAt,
            },
            cancellationToken);
        work.Publish(audit.Entry(
            "apiKey.created", "apiKey", created.Id,
            after: new { Name = name, Prefix = key.Visible, Scopes = scopes, AllowedNetworks = networks, created.ExpiresAt }));
        await notices.RaiseAsync(work, user.Id, SecurityNoticeKinds.ApiKeyCreated, detail: name, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Created(
            $"/api/v1/api-keys/{created.Id}",
            new Response(created.Id, key.Value, name!, scopes, key.Visible, created.CreatedAt, created.ExpiresAt, networks));
    }

    private sealed record CreatedRow(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
}
