using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.ApiKeys;

public static class CreateApiKey
{
    public sealed record Request
    {
        public required string Name { get; init; }

        /// <summary>At most those that the caller's role allows.</summary>
        public required IReadOnlyList<string?> Scopes { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        /// <summary>CIDRs or addresses that the key may be used from; null allows any.</summary>
        public IReadOnlyList<string?>? AllowedNetworks { get; init; }
    }

    /// <param name="Key">Shown only in this response.</param>
    /// <param name="Prefix">The start of the key, which identifies it.</param>
    public sealed record Response(
        Guid Id, string Key, string Name, IReadOnlyList<string> Scopes, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
        IReadOnlyList<string>? AllowedNetworks);

    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Request body, [AsParameters] ApiKeyServices services, HttpContext context, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        var errors = new ValidationErrors();
        var requested = Parse(body, now, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var (user, workspace) = (services.User, services.Workspace);
        await using var work = await services.Database.BeginAsync(cancellationToken);
        if (await ApiKeyCreator.FindAsync(work, workspace.Id, user.Id, cancellationToken) is not { } creator)
        {
            // The account was deleted, or left the workspace, after the token was issued.
            return Problems.Unauthorized.Result();
        }

        if (creator.IsReadOnly)
        {
            return Problems.WorkspaceDeletionScheduled.Result();
        }

        ApiKeyScopes.CheckRole(requested.Scopes, creator.Role, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var id = NewApiKey.IdFor(context, now);
        var stored = await requested.InsertAsync(work, id, workspace.Id, user.Id, now, cancellationToken);
        var (key, name, scopes, networks, _) = requested;
        work.Publish(services.Audit.Entry(
            "apiKey.created", "apiKey", id,
            after: new { Name = name, Prefix = key.Visible, Scopes = scopes, AllowedNetworks = networks, stored.ExpiresAt }));
        await services.Notices.RaiseAsync(work, user.Id, SecurityNoticeKinds.ApiKeyCreated, detail: name, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Created(
            $"/api/v1/api-keys/{id}", new Response(id, key.Value, name, scopes, key.Visible, stored.CreatedAt, stored.ExpiresAt, networks));
    }

    private static NewApiKey Parse(Request body, DateTimeOffset now, ValidationErrors errors)
    {
        if (!UnicodeText.TryParseLine(body.Name, ApiKey.MaxNameLength, out var name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        var scopes = ApiKeyScopes.Parse(body.Scopes, errors);
        var networks = AllowedNetworks.Parse(body.AllowedNetworks, errors);
        if (body.ExpiresAt <= now)
        {
            errors.Add("expiresAt", FieldRules.Future);
        }

        return new NewApiKey(ApiKey.Create(), name ?? "", scopes, networks, body.ExpiresAt);
    }
}
