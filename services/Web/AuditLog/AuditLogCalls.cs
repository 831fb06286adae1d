using LinkShort.Web.AuditLog;

namespace LinkShort.Web.Api;

/// <summary>The workspace's audit log.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<PageOf<AuditEntry>>> ListAuditLogAsync(AuditQuery query, int limit, CancellationToken cancellationToken)
    {
        return AskAsync<PageOf<AuditEntry>>(
            HttpMethod.Get,
            "/audit-log" + Query(("limit", limit.ToString(Invariant)), ("actor", query.Actor), ("action", query.Action), ("from", query.From), ("to", query.To), ("cursor", query.Cursor)),
            null,
            cancellationToken);
    }

    public Task<ApiResult<AuditVerdict>> VerifyAuditLogAsync(CancellationToken cancellationToken) =>
        AskAsync<AuditVerdict>(HttpMethod.Get, "/audit-log/verify", null, cancellationToken);

    /// <param name="format">csv or json.</param>
    public Task<ApiResult<Download>> ExportAuditLogAsync(AuditQuery query, string format, CancellationToken cancellationToken)
    {
        return DownloadAsync(
            "/audit-log/export" + Query(("format", format), ("actor", query.Actor), ("action", query.Action), ("from", query.From), ("to", query.To)), cancellationToken);
    }
}

/// <summary>The filter; null means everything.</summary>
/// <param name="Actor">A user's id, or user, apiKey, operator, system.</param>
/// <param name="Action">Such as <c>link.*</c>.</param>
/// <param name="From">RFC 3339, inclusive.</param>
/// <param name="To">RFC 3339, exclusive.</param>
public sealed record AuditQuery(string? Actor, string? Action, string? From, string? To, string? Cursor = null);
