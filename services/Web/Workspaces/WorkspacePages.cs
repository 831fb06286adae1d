namespace LinkShort.Web.Workspaces;

/// <summary>All pages about a workspace.</summary>
public static class WorkspacePages
{
    public static void MapWorkspacePages(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.MapSwitching();
    }
}
