using LinkShort.Web.AuditLog;
using LinkShort.Web.Invitations;
using LinkShort.Web.Privacy;
using LinkShort.Web.Team;

namespace LinkShort.Web.Workspaces;

/// <summary>All pages about a workspace, its members and its audit log, and about the user's personal data.</summary>
public static class WorkspacePages
{
    public static void MapWorkspacePages(this IEndpointRouteBuilder routes)
    {
        routes.MapSwitching();
        routes.MapWorkspaceSettings();
        routes.MapTeam();
        routes.MapInvitations();
        routes.MapAuditLog();
        routes.MapPrivacy();
    }
}
