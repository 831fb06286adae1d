using LinkShort.Web.Administration;
using LinkShort.Web.Announcements;
using LinkShort.Web.AuditLog;
using LinkShort.Web.SupportAccess;

namespace LinkShort.Web.Api;

/// <summary>Administration, and announcements as every user sees them.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<PageOf<FoundUser>>> FindUsersAsync(string? search, bool suspended, string? cursor, CancellationToken cancellationToken) =>
        AskAsync<PageOf<FoundUser>>(
            HttpMethod.Get, "/admin/users" + Query(("search", search), ("suspended", suspended ? "true" : null), ("cursor", cursor)), null, cancellationToken);

    public Task<ApiResult<UserDetails>> GetUserAsync(Guid id, CancellationToken cancellationToken) =>
        AskAsync<UserDetails>(HttpMethod.Get, $"/admin/users/{id}", null, cancellationToken);

    public Task<ApiResult<Done>> SuspendUserAsync(Guid id, bool suspend, string reason, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, $"/admin/users/{id}/{(suspend ? "suspend" : "restore")}", new { reason }, null, cancellationToken);

    public Task<ApiResult<Done>> SignUserOutAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, $"/admin/users/{id}/sign-out", null, null, cancellationToken);

    public Task<ApiResult<StartedView>> ViewUserAsync(Guid id, CancellationToken cancellationToken) =>
        AskAsync<StartedView>(HttpMethod.Post, $"/admin/users/{id}/view", new { }, cancellationToken);

    public Task<ApiResult<StartedView>> RenewViewAsync(Guid viewId, CancellationToken cancellationToken) =>
        AskAsync<StartedView>(HttpMethod.Post, $"/admin/views/{viewId}/token", null, cancellationToken);

    public Task<ApiResult<Done>> EndViewAsync(Guid viewId, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/admin/views/{viewId}", null, null, cancellationToken);

    public Task<ApiResult<PageOf<FoundWorkspace>>> FindWorkspacesAsync(string? search, bool suspended, string? cursor, CancellationToken cancellationToken) =>
        AskAsync<PageOf<FoundWorkspace>>(
            HttpMethod.Get, "/admin/workspaces" + Query(("search", search), ("suspended", suspended ? "true" : null), ("cursor", cursor)), null, cancellationToken);

    public Task<ApiResult<WorkspaceDetails>> GetWorkspaceAsOperatorAsync(Guid id, CancellationToken cancellationToken) =>
        AskAsync<WorkspaceDetails>(HttpMethod.Get, $"/admin/workspaces/{id}", null, cancellationToken);

    public Task<ApiResult<Done>> SuspendWorkspaceAsync(Guid id, bool suspend, string reason, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, $"/admin/workspaces/{id}/{(suspend ? "suspend" : "restore")}", new { reason }, null, cancellationToken);

    public Task<ApiResult<FlagList>> ListFlagsAsync(CancellationToken cancellationToken) =>
        AskAsync<FlagList>(HttpMethod.Get, "/admin/flags", null, cancellationToken);

    public Task<ApiResult<Flag>> GetFlagAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get,
            $"/admin/flags/{Uri.EscapeDataString(name)}",
            null,
            null,
            async response => await ReadAsync<Flag>(response, cancellationToken) with { ETag = response.Headers.ETag?.ToString() },
            cancellationToken);

    public Task<ApiResult<Done>> PutFlagAsync(string name, FlagChange flag, string? etag, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Put, $"/admin/flags/{Uri.EscapeDataString(name)}", flag, etag, cancellationToken);

    public Task<ApiResult<Done>> DeleteFlagAsync(string name, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/admin/flags/{Uri.EscapeDataString(name)}", null, null, cancellationToken);

    public Task<ApiResult<FlagComparison>> CompareFlagAsync(string name, string? action, CancellationToken cancellationToken) =>
        AskAsync<FlagComparison>(HttpMethod.Get, $"/admin/flags/{Uri.EscapeDataString(name)}/exposures" + Query(("action", action)), null, cancellationToken);

    public Task<ApiResult<PageOf<AdminAnnouncement>>> ListAllAnnouncementsAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<AdminAnnouncement>>(HttpMethod.Get, "/admin/announcements?limit=200", null, cancellationToken);

    /// <param name="id">Null creates one.</param>
    public Task<ApiResult<Done>> PutAnnouncementAsync(Guid? id, AnnouncementChange announcement, CancellationToken cancellationToken) =>
        DoAsync(id is null ? HttpMethod.Post : HttpMethod.Put, "/admin/announcements" + (id is null ? "" : $"/{id}"), announcement, null, cancellationToken);

    public Task<ApiResult<Done>> DeleteAnnouncementAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/admin/announcements/{id}", null, null, cancellationToken);

    public Task<ApiResult<PageOf<AuditEntry>>> OperatorLogAsync(string? workspaceId, string? target, string? cursor, CancellationToken cancellationToken) =>
        AskAsync<PageOf<AuditEntry>>(
            HttpMethod.Get, "/admin/audit-log" + Query(("workspaceId", workspaceId), ("target", target), ("cursor", cursor)), null, cancellationToken);

    public Task<ApiResult<AuditVerdict>> VerifyOperatorLogAsync(string? workspaceId, CancellationToken cancellationToken) =>
        AskAsync<AuditVerdict>(HttpMethod.Get, "/admin/audit-log/verify" + Query(("workspaceId", workspaceId)), null, cancellationToken);

    public Task<ApiResult<ShownAnnouncements>> AnnouncementsAsync(CancellationToken cancellationToken) =>
        AskAsync<ShownAnnouncements>(HttpMethod.Get, "/announcements", null, cancellationToken);

    public Task<ApiResult<Done>> DismissAnnouncementAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, $"/announcements/{id}/dismiss", null, null, cancellationToken);

    public Task<ApiResult<SupportConsent>> SupportAccessAsync(CancellationToken cancellationToken) =>
        AskAsync<SupportConsent>(HttpMethod.Get, "/me/support-access", null, cancellationToken);

    public Task<ApiResult<Done>> GrantSupportAccessAsync(int hours, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Put, "/me/support-access", new { hours }, null, cancellationToken);

    public Task<ApiResult<Done>> WithdrawSupportAccessAsync(CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, "/me/support-access", null, null, cancellationToken);
}
