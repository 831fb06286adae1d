using LinkShort.Contracts;
using LinkShort.Web.Api;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Errors;

/// <summary>What a page says to somebody whose role isn't enough: which one is, and who can give it.</summary>
/// <param name="Needed">Null when the page doesn't know: then the API's own words are shown.</param>
/// <param name="WhoCanGiveIt">Names of those who run the workspace; empty when they can't be asked for.</param>
/// <param name="IsReadOnly">The role would do, but the workspace is going to be deleted.</param>
public sealed record RoleHelp(string WorkspaceName, Role? Own, Role? Needed, IReadOnlyList<string> WhoCanGiveIt, bool IsReadOnly)
{
    private const int MostNames = 5;

    /// <returns>Null when nothing is known about the visitor's workspace.</returns>
    public static async Task<RoleHelp?> OfAsync(HttpContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var active = context.RequestServices.GetRequiredService<ActiveWorkspace>();
        await active.LoadAsync(cancellationToken);
        if (active.Workspace is not { } workspace)
        {
            return null;
        }

        Role? needed = context.GetEndpoint()?.Metadata.GetMetadata<NeededPermission>() is { } permission ? ActiveWorkspace.LeastRoleFor(permission.Name) : null;
        var members = await context.RequestServices.GetRequiredService<LinkShortApi>().ListMembersAsync(workspace.Id, null, cancellationToken);
        // Owners alone make owners.
        string[] givers = needed == Role.Owner ? ["owner"] : ["owner", "admin"];
        return new RoleHelp(
            workspace.Name,
            active.Role,
            needed,
            [.. (members.Value?.Items ?? []).Where(member => givers.Contains(member.Role) && member.UserId != active.UserId).Select(member => member.Shown).Take(MostNames)],
            active.IsReadOnly && (needed is null || active.Role >= needed));
    }
}
