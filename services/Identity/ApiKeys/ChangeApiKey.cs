using System.Text.Json.Serialization;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class ChangeApiKey
{
    /// <summary>A field that isn't there stays as it is. Null: it never expires; it may be used from anywhere.</summary>
    public sealed record Request
    {
        public string? Name
        {
            get;
            init
            {
                field = value;
                HasName = true;
            }
        }

        public IReadOnlyList<string?>? Scopes
        {
            get;
            init
            {
                field = value;
                HasScopes = true;
            }
        }

        public DateTimeOffset? ExpiresAt
        {
            get;
            init
            {
                field = value;
                HasExpiresAt = true;
            }
        }

        public IReadOnlyList<string?>? AllowedNetworks
        {
            get;
            init
            {
                field = value;
                HasAllowedNetworks = true;
            }
        }

        [JsonIgnore]
        public bool HasName { get; private init; }

        [JsonIgnore]
        public bool HasScopes { get; private init; }

        [JsonIgnore]
        public bool HasExpiresAt { get; private init; }

        [JsonIgnore]
        public bool HasAllowedNetworks { get; private init; }
    }

    /// <summary>
    /// In force within a second: tokens that the key was exchanged for before are refused, and made anew. A key acts as its maker, so
    /// that admins can see and revoke other people's, but not change them.
    /// </summary>
    public static async Task<Results<Ok<ListApiKeys.ApiKeyResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, CurrentUser user, CurrentWorkspace workspace, Database database, Revocations revocations, AuditTrail audit,
        TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        string? name = null;
        if (body.HasName && !UnicodeText.TryParseLine(body.Name ?? "", ApiKey.MaxNameLength, out name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        var scopes = body.HasScopes ? ApiKeyScopes.Parse(body.Scopes, errors) : [];
        var networks = AllowedNetworks.Parse(body.AllowedNetworks, errors);
        if (body.ExpiresAt <= time.GetUtcNow())
        {
            errors.Add("expiresAt", "Must be in the future.");
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (await ApiKeyCreator.FindAsync(work, workspace.Id, user.Id, cancellationToken) is { IsReadOnly: true })
        {
            return Problems.WorkspaceDeletionScheduled.Result();
        }

        // Locked, so that If-Match is compared with what is then changed.
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
            return Problems.Forbidden.Result("Only its creator can change an API key. Admins can revoke it.");
        }

        if (!ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        if (body.HasExpiresAt && before.RotatedTo is not null)
        {
            errors.Add("expiresAt", "The key was rotated, so the end of its overlap is fixed.");
        }

        ApiKeyScopes.CheckRole(scopes, role, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var after = before with
        {
            Name = body.HasName ? name! : before.Name,
            Scopes = body.HasScopes ? scopes : before.Scopes,
            AllowedNetworks = body.HasAllowedNetworks ? networks : before.AllowedNetworks,
            ExpiresAt = body.HasExpiresAt ? Microseconds(body.ExpiresAt) : before.ExpiresAt,
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
                after.Id, WorkspaceId = workspace.Id,
            },
            cancellationToken);
        if (body.HasScopes || body.HasAllowedNetworks || body.HasExpiresAt)
        {
            await revocations.RevokeAsync(work, RevocationKinds.ApiKey, id.ToString(), cancellationToken, issuedTokensOnly: true);
        }

        work.Publish(audit.Entry("apiKey.changed", "apiKey", id, before: ListApiKeys.AuditDetails(before), after: ListApiKeys.AuditDetails(after)));
        await work.CommitAsync(cancellationToken);
        ETags.Write(context.Response, after.Version);
        return TypedResults.Ok(after);
    }

    /// <summary>As precise as PostgreSQL, so that the answer says what the next one will say.</summary>
    private static DateTimeOffset? Microseconds(DateTimeOffset? value) => value?.ToUniversalTime().AddTicks(-(value.Value.Ticks % TimeSpan.TicksPerMicrosecond));
}
