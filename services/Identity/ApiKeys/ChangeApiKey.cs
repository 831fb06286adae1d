using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class ChangeApiKey
{
    /// <summary>Omitted fields don't change. A null <c>expiresAt</c> never expires; null <c>allowedNetworks</c> allow any.</summary>
    public sealed record Request : MergePatch
    {
        public string? Name { get; init => field = Given(value); }

        public IReadOnlyList<string?>? Scopes { get; init => field = Given(value); }

        public DateTimeOffset? ExpiresAt { get; init => field = Given(value); }

        public IReadOnlyList<string?>? AllowedNetworks { get; init => field = Given(value); }
    }

    /// <summary>
    /// Takes effect within a second: access tokens issued for the key before are refused and exchanged again. A key acts as its creator, so
    /// admins can see and revoke the keys of others, but not change them.
    /// </summary>
    public static async Task<Results<Ok<ListApiKeys.ApiKeyResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, [AsParameters] ApiKeyServices services, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var changes = Parse(body, services.Time.GetUtcNow(), errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var (user, workspace) = (services.User, services.Workspace);
        await using var work = await services.Database.BeginAsync(cancellationToken);
        if (await ApiKeyCreator.FindAsync(work, workspace.Id, user.Id, cancellationToken) is { IsReadOnly: true })
        {
            return Problems.WorkspaceDeletionScheduled.Result();
        }

        // Locked, so that If-Match is compared with the version that is changed.
        var role = await work.ExecuteScalarAsync<string?>(
            """
            select m.role from api_keys k join members m on m.workspace_id = k.workspace_id and m.user_id = k.user_id
            where k.id = @id and k.workspace_id = @WorkspaceId
            for update of k
            """,
            new { id, WorkspaceId = workspace.Id }, cancellationToken);
        if (await ListApiKeys.FindAsync(work.Connection, id, user.Id, workspace.Id, cancellationToken) is not { } before || role is null)
        {
            return Problems.NotFound.Result();
        }

        if (before.UserId != user.Id)
        {
            return Problems.Forbidden.Result(IdentityTexts.Of("apiKeys.onlyCreatorChanges"));
        }

        if (!ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        if (body.Has(nameof(body.ExpiresAt)) && before.RotatedTo is not null)
        {
            errors.Add("expiresAt", IdentityTexts.Of("apiKeys.overlapFixed"));
        }

        ApiKeyScopes.CheckRole(changes.Scopes, role, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var after = await WriteAsync(work, before, body, changes, services, cancellationToken);
        await work.CommitAsync(cancellationToken);
        ETags.Write(context.Response, after.Version);
        return TypedResults.Ok(after);
    }

    private static Changes Parse(Request body, DateTimeOffset now, ValidationErrors errors)
    {
        string? name = null;
        if (body.Has(nameof(body.Name)) && !UnicodeText.TryParseLine(body.Name ?? "", ApiKey.MaxNameLength, out name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        var scopes = body.Has(nameof(body.Scopes)) ? ApiKeyScopes.Parse(body.Scopes, errors) : [];
        var networks = AllowedNetworks.Parse(body.AllowedNetworks, errors);
        if (body.ExpiresAt <= now)
        {
            errors.Add("expiresAt", FieldRules.Future);
        }

        return new Changes(name, scopes, networks);
    }

    private static async Task<ListApiKeys.ApiKeyResponse> WriteAsync(
        UnitOfWork work, ListApiKeys.ApiKeyResponse before, Request body, Changes changes, ApiKeyServices services, CancellationToken cancellationToken)
    {
        var after = before with
        {
            Name = body.Has(nameof(body.Name)) ? changes.Name! : before.Name,
            Scopes = body.Has(nameof(body.Scopes)) ? changes.Scopes : before.Scopes,
            AllowedNetworks = body.Has(nameof(body.AllowedNetworks)) ? changes.Networks : before.AllowedNetworks,
            ExpiresAt = body.Has(nameof(body.ExpiresAt)) ? body.ExpiresAt?.ToMicroseconds() : before.ExpiresAt,
            Version = before.Version + 1,
        };
        await work.ExecuteAsync(
            """
            update api_keys set name = @Name, scopes = @Scopes, allowed_networks = @AllowedNetworks, expires_at = @ExpiresAt, version = @Version
            where id = @Id and workspace_id = @WorkspaceId
            """,
            new
            {
                after.Name, after.Scopes, after.AllowedNetworks, after.ExpiresAt, after.Version,
                after.Id, WorkspaceId = services.Workspace.Id,
            },
            cancellationToken);
        if (body.Has(nameof(body.Scopes)) || body.Has(nameof(body.AllowedNetworks)) || body.Has(nameof(body.ExpiresAt)))
        {
            await services.Revocations.RevokeAsync(work, RevocationKinds.ApiKey, after.Id.ToString(), cancellationToken, issuedTokensOnly: true);
        }

        work.Publish(services.Audit.Entry(
            "apiKey.changed", "apiKey", after.Id, before: ListApiKeys.AuditDetails(before), after: ListApiKeys.AuditDetails(after)));
        return after;
    }

    private sealed record Changes(string? Name, string[] Scopes, string[]? Networks);
}
