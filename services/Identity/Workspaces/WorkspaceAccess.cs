using System.Diagnostics.CodeAnalysis;
using LinkShort.Contracts;
using LinkShort.Identity.Administration.Suspensions;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.Workspaces;

/// <summary>The permission that an endpoint under <c>/workspaces/{id}</c> requires in {id}, instead of the token's workspace.</summary>
public sealed record WorkspacePermission(Permission Permission);

/// <summary>A workspace with the caller's membership.</summary>
/// <param name="PersonalOf">The user of a personal workspace; otherwise null.</param>
public sealed record EnteredWorkspace(
    Guid Id,
    string Name,
    string Plan,
    Guid? PersonalOf,
    bool RequireTwoFactor,
    DateTimeOffset? DeletionScheduledAt,
    DateTimeOffset? EraseAfter,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long Version,
    Guid UserId,
    string Role)
{
    public bool MayActAs(Role least) => Permissions.RoleOf(Role) >= least;

    public WorkspaceResponse ToResponse() => new(
        Id, Name, Plan, PersonalOf == UserId, Role, RequireTwoFactor, DeletionScheduledAt, EraseAfter, CreatedAt, UpdatedAt, Version);
}

/// <summary>Either the workspace or the refusal.</summary>
public sealed record WorkspaceEntry
{
    public WorkspaceEntry(EnteredWorkspace workspace) => Workspace = workspace;

    public WorkspaceEntry(ProblemHttpResult refusal) => Refusal = refusal;

    public EnteredWorkspace? Workspace { get; }

    public ProblemHttpResult? Refusal { get; }

    public bool IsRefused([NotNullWhen(true)] out ProblemHttpResult? refusal, [NotNullWhen(false)] out EnteredWorkspace? workspace)
    {
        (refusal, workspace) = (Refusal, Workspace);
        return refusal is not null;
    }
}

/// <summary>
/// Authorizes every request under <c>/workspaces/{id}</c>: 404 for strangers, 403 for an insufficient role, for a session that only
/// another workspace's provider vouches for, and for a sign-in without the second factor that the workspace requires, 409 for changes of a workspace that is scheduled for deletion,
/// 403 for those of a suspended one. The endpoint declares its permission: see <see cref="WorkspaceAccessExtensions"/>.
/// </summary>
public sealed class WorkspaceAccess(CurrentUser user, IHttpContextAccessor accessor)
{
    /// <summary>Whether this sign-in proved two factors.</summary>
    public bool HasTwoFactors => Proved(AuthenticationMethods.TwoFactors);

    public async Task<WorkspaceEntry> FindAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken) =>
        Authorize(await ReadAsync(connection, workspaceId, user.Id, cancellationToken), Required().LeastRole);

    /// <summary>
    /// For changes. Other changes of the workspace or its members wait until this transaction ends, so that the checks still
    /// hold when it writes.
    /// </summary>
    /// <param name="least">Replaces the endpoint's role, if it depends on the change.</param>
    /// <param name="evenIfDeletionIsScheduled">For changes that remove access, and for the restoration.</param>
    /// <param name="evenWithoutTwoFactors">For leaving, which needs no second factor.</param>
    public async Task<WorkspaceEntry> LockAsync(
        UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken, Role? least = null, bool evenIfDeletionIsScheduled = false,
        bool evenWithoutTwoFactors = false)
    {
        await LockAsync(work, workspaceId, cancellationToken);
        // A separate statement, because the one that locks sees the members before its wait.
        var entry = Authorize(
            await ReadAsync(work.Connection, workspaceId, user.Id, cancellationToken),
            least ?? Required().LeastRole, evenWithoutTwoFactors);
        if (entry.Workspace is null || evenIfDeletionIsScheduled)
        {
            return entry;
        }

        return entry.Workspace.DeletionScheduledAt is not null ? new WorkspaceEntry(Problems.WorkspaceDeletionScheduled.Result())
            : await WorkspaceSuspensions.IsSuspendedAsync(work.Connection, workspaceId, cancellationToken) ? new WorkspaceEntry(Problems.WorkspaceSuspended.Result())
            : entry;
    }

    /// <summary>Sign-ins and reads aren't blocked.</summary>
    /// <returns>False for a workspace that doesn't exist.</returns>
    internal static async Task<bool> LockAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        return await work.ExecuteScalarAsync<bool>(
            "select true from workspaces where id = @workspaceId for no key update",
            new { workspaceId }, cancellationToken);
    }

    /// <returns>Null for a user who isn't a member.</returns>
    internal static Task<EnteredWorkspace?> ReadAsync(
        NpgsqlConnection connection, Guid workspaceId, Guid userId, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<EnteredWorkspace>(
            """
            select w.id, w.name, w.plan, w.personal_of, w.require_two_factor, w.deletion_scheduled_at, w.erase_after, w.created_at,
                   w.updated_at, w.version, m.user_id, m.role
            from workspaces w join members m on m.workspace_id = w.id
            where w.id = @workspaceId and m.workspace_id = @workspaceId and m.user_id = @userId
            """,
            new { workspaceId, userId }, cancellationToken);

    private WorkspaceEntry Authorize(EnteredWorkspace? workspace, Role least, bool evenWithoutTwoFactors = false) =>
        workspace is null ? new(Problems.NotFound.Result())
        : !IsOpenToSession(workspace.Id) ? new(OwnCredentials.Required())
        : !IsOpenToView(workspace) ? new(Problems.ConsentRequired.Result(IdentityTexts.Of("workspaces.viewExcludes")))
        // Users set up two-factor authentication in their personal workspace.
        : workspace is { RequireTwoFactor: true, PersonalOf: null } && !HasTwoFactorsFor(workspace.Id) && !evenWithoutTwoFactors ? new(Problems.TwoFactorEnrollmentRequired.Result())
        : workspace.MayActAs(least) ? new(workspace)
        : new(Problems.Forbidden.Result(IdentityTexts.Of("workspaces.roleTooLow", ("least", Permissions.NameOf(least)), ("role", workspace.Role))));

    private bool IsOpenToSession(Guid workspaceId) =>
        accessor.HttpContext?.User is not { } token || OwnCredentials.AreProved(token)
        || (user.WorkspaceId == workspaceId && !OwnCredentials.AreAllThatIsMissing(token));

    /// <summary>An operator's view is of one workspace, and of what is the user's own.</summary>
    private bool IsOpenToView(EnteredWorkspace workspace) =>
        accessor.HttpContext?.User.HasClaim(claim => claim.Type == Tokens.Claims.ViewedBy) != true
        || workspace.Id == user.WorkspaceId || workspace.PersonalOf == user.Id;

    /// <summary>Two factors at the workspace's own provider are claimed in tokens for that workspace.</summary>
    private bool HasTwoFactorsFor(Guid workspaceId) =>
        HasTwoFactors || (user.WorkspaceId == workspaceId && Proved(AuthenticationMethods.TwoFactorsAtProvider));

    private bool Proved(string method) =>
        accessor.HttpContext?.User.FindFirst(Tokens.Claims.Methods)?.Value.Split(' ').Contains(method) == true;

    private Permission Required() =>
        accessor.HttpContext?.GetEndpoint()?.Metadata.GetMetadata<WorkspacePermission>()?.Permission
            ?? throw new InvalidOperationException($"The endpoint doesn't declare its permission with {nameof(WorkspaceAccessExtensions.RequireInWorkspace)}.");
}

public static class WorkspaceAccessExtensions
{
    /// <summary>Requires a permission in the workspace of the path. The handler has to call <see cref="WorkspaceAccess"/>.</summary>
    /// <param name="permission">A row of <see cref="Permissions"/> for users' sessions.</param>
    public static TBuilder RequireInWorkspace<TBuilder>(this TBuilder endpoint, string permission) where TBuilder : IEndpointConventionBuilder
    {
        var row = Permissions.All.Single(each => each.Name == permission);
        if (row.Scope != Scopes.Account)
        {
            throw new InvalidOperationException($"{permission} needs the scope {row.Scope}, which the policy of these endpoints doesn't check.");
        }

        // The policy only checks the scope: the role in the token's workspace doesn't matter here.
        return endpoint.RequireAuthorization(Permissions.Profile).WithMetadata(new WorkspacePermission(row));
    }
}
