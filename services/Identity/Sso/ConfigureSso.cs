using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Plans;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.Sso;

/// <summary>A workspace's own provider.</summary>
public static class ConfigureSso
{
    private const int MaxIssuer = 500;
    private const int MaxClientId = 300;
    private const int MaxClientSecret = 1000;
    private const int MaxClaim = 200;
    private const int MaxRoles = 200;

    public sealed record Request
    {
        /// <summary>An https URL; its metadata is at <c>{issuer}/.well-known/openid-configuration</c>.</summary>
        public required string Issuer { get; init; }

        public required string ClientId { get; init; }

        /// <summary>Never returned. If omitted, the stored one is kept, unless issuer or clientId change; empty for a public client.</summary>
        public string? ClientSecret { get; init; }

        /// <summary>Users who sign in through the provider become members.</summary>
        public bool JustInTime { get; init; } = true;

        /// <summary>admin, member or viewer: the role of new members, and of members without a mapped role.</summary>
        public string DefaultRole { get; init; } = "member";

        /// <summary>The claim whose values are mapped to roles at each sign-in, such as <c>groups</c>. If omitted, roles are assigned in the workspace.</summary>
        public string? RoleClaim { get; init; }

        /// <summary>admin, member or viewer by value of the claim; the highest of several applies. Only owners make or remove owners.</summary>
        public IReadOnlyDictionary<string, string>? Roles { get; init; }

        /// <summary>Two factors at the provider (<c>amr</c> contains mfa) count as two factors in this workspace.</summary>
        public bool AcceptMfa { get; init; }

        /// <summary>Members with an address in a verified domain can only sign in through the provider. Owners can always sign in otherwise as well.</summary>
        public bool Enforced { get; init; }
    }

    /// <param name="RedirectUri">Register it with the provider.</param>
    /// <param name="Connection">Null until a provider is configured.</param>
    public sealed record Response(string RedirectUri, ConnectionResponse? Connection, IReadOnlyList<DomainResponse> Domains);

    /// <param name="HasClientSecret">The secret itself is never returned.</param>
    public sealed record ConnectionResponse(
        string Issuer, string ClientId, bool HasClientSecret, bool JustInTime, string DefaultRole, string? RoleClaim,
        IReadOnlyDictionary<string, string> Roles, bool AcceptMfa, bool Enforced, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version);

    /// <summary>GET /workspaces/{id}/sso</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> GetAsync(
        Guid id, [AsParameters] SsoServices services, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await services.Database.OpenAsync(cancellationToken);
        return (await services.Access.FindAsync(connection, id, cancellationToken)).IsRefused(out var refusal, out _)
            ? refusal
            : await AnswerAsync(id, connection, services.Providers, context, cancellationToken);
    }

    /// <summary>PUT /workspaces/{id}/sso</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> PutAsync(
        Guid id, Request body, [AsParameters] SsoServices services, SsoConnectionChanges changes, ProviderMetadata metadata, HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = Check(body, metadata);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (await CheckProviderAsync(id, body, services, metadata, cancellationToken) is { } unusable)
        {
            return unusable;
        }

        await using var work = await services.Database.BeginAsync(cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (workspace.PersonalOf is not null)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("sso.notPersonal"));
        }

        // What is configured keeps working without it, so that nobody is locked out by a lower plan.
        if (await WorkspacePlans.OfAsync(work.Connection, id, cancellationToken) is { Sso: false } plan)
        {
            return plan.NotIncluded(PlanLimits.Sso);
        }

        var before = await SsoConnections.ReadAsync(work.Connection, id, cancellationToken);
        if (before is not null && !ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        var isSameClient = before is not null && before.Issuer == body.Issuer && before.ClientId == body.ClientId;
        if (body.ClientSecret is null && before?.HasClientSecret == true && !isSameClient)
        {
            // Otherwise the stored secret would be sent to a new issuer.
            return ValidationErrors.Of("clientSecret", IdentityTexts.Of("sso.secretAgain"));
        }

        if (body.Enforced && before?.Enforced != true && await NotReadyAsync(work, id, body.Issuer, cancellationToken) is { } notReady)
        {
            return notReady;
        }

        await changes.ApplyAsync(work, id, before, body, cancellationToken);
        var answer = await AnswerAsync(id, work.Connection, services.Providers, context, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return answer;
    }

    /// <summary>DELETE /workspaces/{id}/sso. Members remain; sessions started through the provider end, and connected accounts are deleted.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        Guid id, [AsParameters] SsoServices services, SsoIdentities identities, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await services.Database.BeginAsync(cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken, evenIfDeletionIsScheduled: true)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (await SsoConnections.ReadAsync(work.Connection, id, cancellationToken) is not { } before)
        {
            return Problems.NotFound.Result(IdentityTexts.Of("sso.noProvider"));
        }

        if (!ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        await work.ExecuteAsync(
            "delete from sso_connections where workspace_id = @id", new { id }, cancellationToken);
        var linked = await work.QueryAsync<SsoIdentity>(
            "select id, user_id, provider from sso_identities where workspace_id = @id order by id for update",
            new { id }, cancellationToken);
        foreach (var identity in linked)
        {
            await identities.UnlinkAsync(work, identity, workspace.Name, except: null, cancellationToken);
        }

        work.Publish(services.Audit.Entry("sso.removed", "workspace", id, before: before.ToResponse(), workspace: id));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    internal static async Task<Ok<Response>> AnswerAsync(
        Guid id, NpgsqlConnection connection, SsoProviders providers, HttpContext context, CancellationToken cancellationToken)
    {
        var configured = await SsoConnections.ReadAsync(connection, id, cancellationToken);
        if (configured is not null)
        {
            ETags.Write(context.Response, configured.Version);
        }

        return TypedResults.Ok(new Response(
            providers.RedirectUriOf(SsoConnections.KeyOf(id)),
            configured?.ToResponse(),
            await SsoDomains.ListAsync(connection, id, cancellationToken)));
    }

    /// <summary>Whether a workspace may configure it.</summary>
    internal static bool IsIssuer(string text, ProviderMetadata metadata) =>
        text.Length > 0 && !Characters.Exceed(text, MaxIssuer) && Uri.TryCreate(text, UriKind.Absolute, out var issuer) && issuer.UserInfo.Length == 0
        && text.AsSpan().IndexOfAny("?#") < 0 && metadata.Allows(Candidate(Guid.Empty, text), issuer);

    internal static LocalizedText IssuerRule() => IdentityTexts.Of("sso.issuer", ("max", MaxIssuer));

    /// <summary>A provider that isn't configured yet, for reading its metadata.</summary>
    internal static SsoProvider Candidate(Guid id, string issuer, string clientId = "") => new(
        SsoConnections.KeyOf(id), "", issuer, clientId, null, SsoProvider.DefaultScope,
        new WorkspaceSso(id, "", false, "viewer", null, new Dictionary<string, string>(), false, false, false));

    private static ValidationErrors Check(Request body, ProviderMetadata metadata)
    {
        var errors = new ValidationErrors();
        if (!IsIssuer(body.Issuer, metadata))
        {
            errors.Add("issuer", IssuerRule());
        }

        if (body.ClientId.Length == 0 || Characters.Exceed(body.ClientId, MaxClientId) || body.ClientId.Any(char.IsControl))
        {
            errors.Add("clientId", IdentityTexts.Of("sso.clientId", ("max", MaxClientId)));
        }

        if (Characters.Exceed(body.ClientSecret, MaxClientSecret))
        {
            errors.Add("clientSecret", FieldRules.MaxCharacters(MaxClientSecret));
        }

        if (!IsMappable(body.DefaultRole))
        {
            errors.Add("defaultRole", FieldRules.OneOf("admin", "member", "viewer"));
        }

        if (Characters.Exceed(body.RoleClaim, MaxClaim) || body.RoleClaim?.Any(char.IsControl) == true)
        {
            errors.Add("roleClaim", IdentityTexts.Of("sso.roleClaim", ("max", MaxClaim)));
        }

        if (body.Roles is { Count: > 0 } && string.IsNullOrEmpty(body.RoleClaim))
        {
            errors.Add("roleClaim", IdentityTexts.Of("sso.roleClaimMissing"));
        }

        if (body.Roles is { Count: > MaxRoles })
        {
            errors.Add("roles", IdentityTexts.Of("sso.maxRoles", ("max", MaxRoles)));
        }

        foreach (var (value, role) in body.Roles ?? new Dictionary<string, string>())
        {
            if (value.Length == 0 || Characters.Exceed(value, MaxClaim) || value.Any(char.IsControl) || !IsMappable(role))
            {
                errors.Add("roles", IdentityTexts.Of("sso.roleMapping", ("max", MaxClaim)));
                break;
            }
        }

        return errors;
    }

    /// <summary>Only owners make owners.</summary>
    private static bool IsMappable(string? role) => Permissions.RoleOf(role) is < Role.Owner;

    /// <summary>
    /// Reads the metadata of a new issuer, before the transaction because it is an HTTP request. Not when something else changes, so that a
    /// provider that is down can be replaced.
    /// </summary>
    private static async Task<ProblemHttpResult?> CheckProviderAsync(
        Guid id, Request body, SsoServices services, ProviderMetadata metadata, CancellationToken cancellationToken)
    {
        await using (var connection = await services.Database.OpenAsync(cancellationToken))
        {
            if ((await services.Access.FindAsync(connection, id, cancellationToken)).IsRefused(out var refusal, out _))
            {
                return refusal;
            }

            if ((await SsoConnections.ReadAsync(connection, id, cancellationToken))?.Issuer == body.Issuer)
            {
                return null;
            }
        }

        try
        {
            await metadata.GetAsync(Candidate(id, body.Issuer, body.ClientId), cancellationToken);
            return null;
        }
        catch (ProviderException failure)
        {
            return ValidationErrors.Of("issuer", failure.Text);
        }
    }

    /// <summary>A requirement that can't be met would lock every member out.</summary>
    private static async Task<ProblemHttpResult?> NotReadyAsync(UnitOfWork work, Guid id, string issuer, CancellationToken cancellationToken)
    {
        var (hasDomain, works) = await work.QuerySingleAsync<(bool, bool)>(
            """
            select exists (select from sso_domains where workspace_id = @id and verified_at is not null),
                   exists (select from sso_connections c join sso_identities i on i.workspace_id = c.workspace_id
                           where c.workspace_id = @id and c.issuer = @issuer)
            """,
            new { id, issuer }, cancellationToken);
        return !hasDomain ? ValidationErrors.Of("enforced", IdentityTexts.Of("sso.domainFirst"))
            : !works ? ValidationErrors.Of("enforced", IdentityTexts.Of("sso.signInFirst"))
            : null;
    }
}
