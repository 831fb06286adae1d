using LinkShort.Web.AuditLog;
using LinkShort.Web.Invitations;
using LinkShort.Web.Privacy;
using LinkShort.Web.Team;

namespace LinkShort.Web.Workspaces;

/// <summary>All pages about a workspace and who is in it, and about what is kept of a person.</summary>
public static class WorkspacePages
{
    public static void MapWorkspacePages(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.MapSwitching();
        routes.MapWorkspaceSettings();
        routes.MapTeam();
        routes.MapInvitations();
        routes.MapAuditLog();
        routes.MapPrivacy();
    }
}
