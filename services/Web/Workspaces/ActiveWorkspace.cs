using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Billing;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Workspaces;

/// <summary>
/// The visitor's current workspace, their role in it, and their other workspaces: for the frame of pages and what they offer. Loaded once
/// per request. If the API is unavailable, the access token's claims are used, and pages have no switcher.
/// </summary>
public sealed class ActiveWorkspace(LinkShortApi api, PlanOffers offers, CurrentSession session, Texts texts)
{
    // The frame shouldn't wait longer: the page itself may not need what is down.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private Task? _loading;

    /// <summary>Oldest first; empty if unknown.</summary>
    public IReadOnlyList<Workspace> All { get; private set; } = [];

    /// <summary>Null if unknown.</summary>
    public Workspace? Workspace => All.FirstOrDefault(workspace => workspace.Id == Claims.WorkspaceId)
        ?? (Claims.WorkspaceId is null ? All.FirstOrDefault(workspace => workspace.Personal) : null);

    public Guid? Id => Workspace?.Id ?? Claims.WorkspaceId;

    public Guid? UserId => Claims.UserId;

    public Role? Role => Workspace is { } workspace ? Permissions.RoleOf(workspace.Role) : Claims.Role;

    /// <summary>Only its single sign-on vouches for the user: the account and its other workspaces are closed until they confirm.</summary>
    public bool IsLimited => Claims.IsLimited;

    /// <summary>Whether there are plans that the workspace could buy.</summary>
    public bool SellsPlans { get; private set; }

    /// <summary>Its deletion is scheduled.</summary>
    public bool IsReadOnly => Workspace?.DeletionScheduledAt is not null;

    private AccessTokenClaims Claims => field ??= session.Current is { } current
        ? AccessTokenClaims.Of(current.ApiToken)
        : new AccessTokenClaims(null, null, null);

    /// <summary>Whether pages offer an action. Unknown permissions are offered, because the API enforces them.</summary>
    /// <param name="permission">A row of <see cref="Permissions"/>.</param>
    public bool May(string permission) => Role is not { } role || role >= LeastRoleFor(permission);

    /// <summary>Like <see cref="May"/>, but false in a workspace that is scheduled for deletion.</summary>
    public bool MayChange(string permission) => May(permission) && !IsReadOnly;

    public static Role LeastRoleFor(string permission) => Permissions.All.Single(row => row.Name == permission).LeastRole;

    public Task LoadAsync(CancellationToken cancellationToken) => _loading ??= ReadAsync(cancellationToken);

    /// <summary>The current workspace as it is now, with its version: for pages that change it.</summary>
    public async Task<ApiResult<Workspace>> ReadCurrentAsync(CancellationToken cancellationToken)
    {
        if (Id is null)
        {
            await LoadAsync(cancellationToken);
        }

        if (Id is not { } id)
        {
            return ApiProblem.Unreachable;
        }

        var result = await api.GetWorkspaceAsync(id, cancellationToken);
        return result.Value is { } workspace ? workspace.AsShown(texts) : result;
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        var selling = offers.CurrentAsync();
        try
        {
            All = [.. ((await api.ListWorkspacesAsync(timeout.Token)).Value?.Items ?? []).Select(workspace => workspace.AsShown(texts))];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Timed out: treated as unknown.
        }

        SellsPlans = await selling is not null;
    }
}
