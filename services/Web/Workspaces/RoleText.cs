using LinkShort.Localization;

namespace LinkShort.Web.Workspaces;

/// <summary>The names of roles.</summary>
public static class RoleText
{
    /// <summary>From the highest to the lowest.</summary>
    public static readonly IReadOnlyList<string> All = ["owner", "admin", "member", "viewer"];

    /// <summary>Roles that an invitation can grant.</summary>
    public static readonly IReadOnlyList<string> Invitable = ["admin", "member", "viewer"];

    public static string Name(string role, Texts texts) => texts["workspaces.role", ("role", role)];

    /// <summary>What the role allows, in one sentence.</summary>
    public static string Allows(string role, Texts texts) => texts["workspaces.roleAllows", ("role", role)];
}
