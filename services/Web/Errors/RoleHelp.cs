using LinkShort.Contracts;
using LinkShort.Web.Api;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Errors;

/// <summary>Explains to users with an insufficient role which role they need, and who can grant it.</summary>
/// <param name="Needed">Null if the page doesn't know it: then the API's detail is shown.</param>
/// <param name="Granters">Names of the workspace's admins or owners; empty if unknown.</param>
/// <param name="IsReadOnly">The role would be sufficient, but the workspace is scheduled for deletion.</param>
public sealed record RoleHelp(string WorkspaceName, Role? Own, Role? Needed, IReadOnlyList<string> Granters, bool IsReadOnly)
{
    private const int MostNames = 5;

    /// <returns>Null if the visitor's workspace is unknown.</returns>
    public static async Task<RoleHelp?> OfAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var active = context.RequestServices.GetRequiredService<ActiveWorkspace>();
        await active.LoadAsync(cancellationToken);
        if (active.Workspace is not { } workspace)
        {
            return null;
        }

        Role? needed = context.GetEndpoint()?.Metadata.GetMetadata<NeededPermission>() is { } permission ? ActiveWorkspace.LeastRoleFor(permission.Name) : null;
        var members = await context.RequestServices.GetRequiredService<LinkShortApi>().ListMembersAsync(workspace.Id, null, cancellationToken);
        // Only owners can grant ownership.
        string[] givers = needed == Role.Owner ? ["owner"] : ["owner", "admin"];
        return new RoleHelp(
            workspace.Name,
            active.Role,
            needed,
            [.. (members.Value?.Items ?? []).Where(member => givers.Contains(member.Role) && member.UserId != active.UserId).Select(member => member.Shown).Take(MostNames)],
            active.IsReadOnly && (needed is null || active.Role >= needed));
    }
}
