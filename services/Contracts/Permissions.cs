namespace LinkShort.Contracts;

/// <summary>A member's role in a workspace. Each includes the permissions of the roles before it.</summary>
public enum Role
{
    Viewer,
    Member,
    Admin,
    Owner,
}

/// <summary>A permission, granted by scope and role.</summary>
/// <param name="Name">Also the name of the authorization policy.</param>
/// <param name="Scope">The scope that the token or API key must have: one of <see cref="Scopes"/>.</param>
/// <param name="LeastRole">The lowest role in the workspace that is sufficient.</param>
/// <param name="Allows">A description for readers of the table.</param>
public sealed record Permission(string Name, string Scope, Role LeastRole, string Allows)
{
    /// <summary>Concerns the account, so a session that only a workspace's sign-in provider vouches for doesn't have it (ADR 50).</summary>
    public bool NeedsOwnCredentials { get; init; }
}

/// <summary>
/// The table of all permissions. An endpoint names a row with <c>RequireAuthorization(Permissions.LinksWrite)</c>; the
/// authorization matrix test calls every endpoint as every role and compares with it.
/// </summary>
public static class Permissions
{
    public const string Profile = "profile";
    public const string AccountManage = "account.manage";
    public const string WorkspaceRead = "workspace.read";
    public const string WorkspaceCreate = "workspace.create";
    public const string WorkspaceChange = "workspace.change";
    public const string WorkspaceOwn = "workspace.own";
    public const string SsoRead = "sso.read";
    public const string SsoManage = "sso.manage";
    public const string MembersManage = "members.manage";
    public const string ApiKeysRead = "apiKeys.read";
    public const string ApiKeysManage = "apiKeys.manage";
    public const string AuditRead = "audit.read";
    public const string LinksRead = "links.read";
    public const string LinksWrite = "links.write";
    public const string AnalyticsRead = "analytics.read";
    public const string BillingRead = "billing.read";
    public const string BillingManage = "billing.manage";

    public static readonly IReadOnlyList<Permission> All =
    [
        new(Profile, Scopes.Account, Role.Viewer, "View your own account, change its display settings"),
        new(AccountManage, Scopes.Account, Role.Viewer, "Manage your own account: its security, its data and its workspaces") { NeedsOwnCredentials = true },
        new(WorkspaceRead, Scopes.Account, Role.Viewer, "View the workspace, its members and its invitations"),
        new(WorkspaceCreate, Scopes.Account, Role.Viewer, "Create another workspace") { NeedsOwnCredentials = true },
        new(WorkspaceChange, Scopes.Account, Role.Admin, "Rename the workspace and change its settings"),
        new(WorkspaceOwn, Scopes.Account, Role.Owner, "Delete the workspace, transfer its ownership, require two-factor authentication"),
        new(SsoRead, Scopes.Account, Role.Admin, "View the single sign-on configuration"),
        new(SsoManage, Scopes.Account, Role.Owner, "Configure and require single sign-on, verify domains"),
        new(MembersManage, Scopes.Account, Role.Admin, "Invite and remove members and change their roles"),
        new(ApiKeysRead, Scopes.Account, Role.Member, "View your own API keys; as an admin, everyone's"),
        new(ApiKeysManage, Scopes.Account, Role.Member, "Create and revoke your own API keys; as an admin, revoke everyone's"),
        new(AuditRead, Scopes.AuditRead, Role.Admin, "Read and verify the audit log"),
        new(LinksRead, Scopes.LinksRead, Role.Viewer, "View links"),
        new(LinksWrite, Scopes.LinksWrite, Role.Member, "Create, change, archive and delete links"),
        new(AnalyticsRead, Scopes.AnalyticsRead, Role.Viewer, "View analytics"),
        new(BillingRead, Scopes.Billing, Role.Viewer, "View the plan, its limits and what is used of them"),
        new(BillingManage, Scopes.Billing, Role.Admin, "Buy, change and cancel the plan, view invoices"),
    ];

    /// <summary>The names of those with <see cref="Permission.NeedsOwnCredentials"/>.</summary>
    public static readonly IReadOnlySet<string> NeedOwnCredentials = All.Where(permission => permission.NeedsOwnCredentials).Select(permission => permission.Name)
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>The lowest role with any permission of this scope. Lower roles can't give the scope to an API key.</summary>
    public static Role LeastRoleFor(string scope) => All.Where(permission => permission.Scope == scope).Min(permission => permission.LeastRole);

    /// <returns>Null for an unknown role, which has no permissions.</returns>
    public static Role? RoleOf(string? name) => name switch
    {
        "viewer" => Role.Viewer,
        "member" => Role.Member,
        "admin" => Role.Admin,
        "owner" => Role.Owner,
        _ => null,
    };

    public static string NameOf(Role role) => role switch
    {
        Role.Viewer => "viewer",
        Role.Member => "member",
        Role.Admin => "admin",
        Role.Owner => "owner",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
    };
}
