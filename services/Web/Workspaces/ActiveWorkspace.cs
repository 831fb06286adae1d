using LinkShort.Contracts;
using LinkShort.Web.Api;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Workspaces;

/// <summary>
/// The workspace that the visitor is in, what they are there, and their other workspaces: what the pages' frame shows and what the pages
/// offer. Asked for once per request. When the API doesn't answer, the access token's word counts, and pages go on without a switcher.
/// </summary>
public sealed class ActiveWorkspace(LinkShortApi api, CurrentSession session)
{
    // The frame isn't worth waiting longer for: the page itself may need nothing of what is down.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private Task? _loading;

    /// <summary>Oldest first; empty when they are not known.</summary>
    public IReadOnlyList<Workspace> All { get; private set; } = [];

    /// <summary>Null when it isn't known.</summary>
    public Workspace? Workspace => All.FirstOrDefault(workspace => workspace.Id == Claims.WorkspaceId)
        ?? (Claims.WorkspaceId is null ? All.FirstOrDefault(workspace => workspace.Personal) : null);

    public Guid? Id => Workspace?.Id ?? Claims.WorkspaceId;

    public Guid? UserId => Claims.UserId;

    public Role? Role => Workspace is { } workspace ? Permissions.RoleOf(workspace.Role) : Claims.Role;

    /// <summary>It is going to be deleted.</summary>
    public bool IsReadOnly => Workspace?.DeletionScheduledAt is not null;

    private AccessTokenClaims Claims => field ??= session.Current is { } current
        ? AccessTokenClaims.Of(current.ApiToken)
        : new AccessTokenClaims(null, null, null);

    /// <summary>Whether pages offer it. What isn't known is offered: the API decides in the end.</summary>
    /// <param name="permission">A row of <see cref="Permissions"/>.</param>
    public bool May(string permission) => Role is not { } role || role >= LeastRoleFor(permission);

    /// <summary>As <see cref="May"/>, for what a workspace that is going to be deleted doesn't allow anybody.</summary>
    public bool MayChange(string permission) => May(permission) && !IsReadOnly;

    public static Role LeastRoleFor(string permission) => Permissions.All.Single(row => row.Name == permission).LeastRole;

    public Task LoadAsync(CancellationToken cancellationToken) => _loading ??= ReadAsync(cancellationToken);

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            All = (await api.ListWorkspacesAsync(patience.Token)).Value?.Items ?? [];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Too slow: as good as not known.
        }
    }
}
