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

/// <summary>What an endpoint under <c>/workspaces/{id}</c> needs: the caller's role in {id} decides, not the token's.</summary>
public sealed record WorkspacePermission(Permission Permission);

/// <summary>A workspace, and what the caller is in it.</summary>
/// <param name="PersonalOf">Whose account it comes with; null for all others.</param>
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

/// <summary>Either the workspace or why not.</summary>
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
/// The one place that decides who may do what under <c>/workspaces/{id}</c>: 404 for strangers, 403 for too small a role and for a sign-in
/// without the second factor that the workspace requires, 409 for changes of a workspace that is going to be deleted,
/// 403 for those of a suspended one. What the endpoint needs is on the endpoint: see <see cref="WorkspaceAccessExtensions"/>.
/// </summary>
public sealed class WorkspaceAccess(CurrentUser user, IHttpContextAccessor accessor)
{
    /// <summary>Whether this sign-in proved two factors.</summary>
    public bool HasTwoFactors => Proved(AuthenticationMethods.TwoFactors);

    public async Task<WorkspaceEntry> FindAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken) =>
        Judge(await ReadAsync(connection, workspaceId, user.Id, cancellationToken), Required().LeastRole);

    /// <summary>
    /// For changes. Whoever else wants to change the workspace or its members waits until this transaction ends, so what was checked still
    /// holds when it is written.
    /// </summary>
    /// <param name="least">Another role than the endpoint's, where what is changed decides.</param>
    /// <param name="evenIfDeletionIsScheduled">For what takes access away, and for the restoration.</param>
    /// <param name="evenWithoutTwoFactors">For leaving: who wants no second factor may still go.</param>
    public async Task<WorkspaceEntry> LockAsync(
        UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken, Role? least = null, bool evenIfDeletionIsScheduled = false,
        bool evenWithoutTwoFactors = false)
    {
        await LockAsync(work, workspaceId, cancellationToken);
        // A statement of its own: the lock's own statement would see members as they were before the lock was had.
        var entry = Judge(
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

    /// <summary>Lets others sign in and read meanwhile.</summary>
    /// <returns>False for a workspace that isn't there (any more).</returns>
    internal static async Task<bool> LockAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return await work.ExecuteScalarAsync<bool>(
            "select true from workspaces where id = @workspaceId for no key update",
            new { workspaceId }, cancellationToken);
    }

    /// <returns>Null for whoever isn't a member.</returns>
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

    private WorkspaceEntry Judge(EnteredWorkspace? workspace, Role least, bool evenWithoutTwoFactors = false) =>
        workspace is null ? new(Problems.NotFound.Result())
        // A personal one is where people enrol.
        : workspace is { RequireTwoFactor: true, PersonalOf: null } && !HasTwoFactorsFor(workspace.Id) && !evenWithoutTwoFactors ? new(Problems.TwoFactorEnrollmentRequired.Result())
        : workspace.MayActAs(least) ? new(workspace)
        : new(Problems.Forbidden.Result($"This requires the {Permissions.NameOf(least)} role in the workspace; yours is {workspace.Role}."));

    /// <summary>What the workspace's own provider saw stands in tokens for that workspace.</summary>
    private bool HasTwoFactorsFor(Guid workspaceId) =>
        HasTwoFactors || (user.WorkspaceId == workspaceId && Proved(AuthenticationMethods.TwoFactorsAtProvider));

    private bool Proved(string method) =>
        accessor.HttpContext?.User.FindFirst(Tokens.Claims.Methods)?.Value.Split(' ').Contains(method) == true;

    private Permission Required() =>
        accessor.HttpContext?.GetEndpoint()?.Metadata.GetMetadata<WorkspacePermission>()?.Permission
            ?? throw new InvalidOperationException($"The endpoint says by no {nameof(WorkspaceAccessExtensions.RequireInWorkspace)} what it needs.");
}

public static class WorkspaceAccessExtensions
{
    /// <summary>Demands a permission in the workspace that the path names. The handler asks <see cref="WorkspaceAccess"/> for it.</summary>
    /// <param name="permission">A row of <see cref="Permissions"/> for people's own sessions.</param>
    public static TBuilder RequireInWorkspace<TBuilder>(this TBuilder endpoint, string permission) where TBuilder : IEndpointConventionBuilder
    {
        var row = Permissions.All.Single(each => each.Name == permission);
        if (row.Scope != Scopes.Account)
        {
            throw new InvalidOperationException($"{permission} needs the scope {row.Scope}, which the policy of these endpoints doesn't check.");
        }

        // The policy checks the scope alone: what the caller is in the token's workspace doesn't matter here.
        return endpoint.RequireAuthorization(Permissions.Profile).WithMetadata(new WorkspacePermission(row));
    }
}
