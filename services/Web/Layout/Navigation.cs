using LinkShort.Contracts;
using LinkShort.Web.Billing;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Layout;

/// <summary>A page that the frame leads to.</summary>
/// <param name="Key">Of its name.</param>
/// <param name="Permission">That it needs; null if every member may see it.</param>
/// <param name="IsForTeams">Personal workspaces don't have it.</param>
/// <param name="IsAboutPlans">Installations that sell no plans don't have it.</param>
public sealed record Destination(string Path, string Key, string Icon, string? Permission = null, bool IsForTeams = false, bool IsAboutPlans = false)
{
    public bool IsOfferedTo(ActiveWorkspace active) =>
        (Permission is null || active.May(Permission)) && !(IsForTeams && active.Workspace?.Personal == true) && (!IsAboutPlans || active.SellsPlans);
}

/// <summary>What the app consists of, in the order in which it is listed. A new page is one line here.</summary>
public static class Navigation
{
    public static readonly IReadOnlyList<Destination> Main =
    [
        new("/app/links", "layout.links", "link"),
        new("/app/analytics", "layout.analytics", "chart-line", Permissions.AnalyticsRead),
        new("/app/workspace", "layout.settings", "settings"),
    ];

    /// <summary>Tabs of the settings that the workspace's members share.</summary>
    public static readonly IReadOnlyList<Destination> OfWorkspace =
    [
        new("/app/workspace", "layout.general", "settings"),
        new("/app/team", "layout.team", "users"),
        new(BillingEndpoints.Home, "billing.title", "credit-card", Permissions.BillingRead, IsAboutPlans: true),
        new("/app/settings/keys", "layout.apiKeys", "key", Permissions.ApiKeysRead),
        new("/app/workspace/sso", "workspaces.sso", "login", Permissions.SsoRead, IsForTeams: true),
        new("/app/audit-log", "layout.auditLog", "file-text", Permissions.AuditRead),
    ];

    /// <summary>Tabs of the settings that belong to the user in all workspaces.</summary>
    public static readonly IReadOnlyList<Destination> OfUser =
    [
        new("/app/settings", "layout.profile", "user"),
        new("/app/security", "layout.security", "shield-check"),
        new("/app/privacy", "layout.privacy", "eye"),
        new("/app/support-access", "layout.supportAccess", "users"),
    ];

    /// <returns>The tab of the settings that a page belongs to; null for other pages.</returns>
    public static Destination? TabOf(PathString page) =>
        OfWorkspace.Concat(OfUser).Where(tab => IsWithin(page, tab)).MaxBy(tab => tab.Path.Length);

    /// <summary>Settings pages are all below one entry, at whatever path they are.</summary>
    public static bool IsWithin(PathString page, Destination entry) => page.StartsWithSegments(entry.Path, StringComparison.Ordinal);
}
