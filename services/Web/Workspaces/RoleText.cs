using LinkShort.Contracts;

namespace LinkShort.Web.Workspaces;

/// <summary>The names of roles.</summary>
public static class RoleText
{
    /// <summary>From the highest to the lowest.</summary>
    public static readonly IReadOnlyList<string> All = ["owner", "admin", "member", "viewer"];

    /// <summary>Roles that an invitation can grant.</summary>
    public static readonly IReadOnlyList<string> Invitable = ["admin", "member", "viewer"];

    public static string Name(string role) => role switch
    {
        "owner" => "Owner",
        "admin" => "Admin",
        "member" => "Member",
        "viewer" => "Viewer",
        _ => role,
    };

    public static string Name(Role role) => Name(Permissions.NameOf(role));

    /// <summary>"a member", "an admin".</summary>
    public static string WithArticle(string role) => (role is "owner" or "admin" ? "an " : "a ") + role;

    public static string WithArticle(Role role) => WithArticle(Permissions.NameOf(role));

    public static string Sentence(string role) => role switch
    {
        "owner" => "Can do everything, including deleting the workspace and transferring ownership.",
        "admin" => "Manages links, members and API keys, and reads the audit log.",
        "member" => "Creates and edits links.",
        "viewer" => "Views links and analytics, but can't change anything.",
        _ => "",
    };
}
