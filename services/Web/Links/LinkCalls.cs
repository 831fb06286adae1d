using LinkShort.Web.Links;

namespace LinkShort.Web.Api;

/// <summary>Lists of links, and changes of one or many.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<LinkList>> ListLinksAsync(LinkQuery query, CancellationToken cancellationToken) =>
        AskAsync<LinkList>(
            HttpMethod.Get,
            "/links" + Query(
                ("search", query.Search), ("status", query.Status), ("tag", query.Tag), ("domain", query.Domain), ("createdBy", query.CreatedBy), ("createdFrom", query.CreatedFrom),
                ("createdTo", query.CreatedTo), ("sort", query.Sort), ("order", query.Order), ("limit", query.Limit.ToString(Invariant)), ("cursor", query.Cursor),
                ("count", query.WithCount ? "true" : null)),
            null,
            cancellationToken);

    public Task<ApiResult<TagList>> ListTagsAsync(CancellationToken cancellationToken) => AskAsync<TagList>(HttpMethod.Get, "/tags", null, cancellationToken);

    /// <summary>Clicks of the last 30 days, UTC.</summary>
    public Task<ApiResult<DailyClicks>> DailyClicksAsync(IEnumerable<Guid> links, CancellationToken cancellationToken) =>
        AskAsync<DailyClicks>(HttpMethod.Get, "/analytics/daily-clicks" + Query(("ids", string.Join(',', links))), null, cancellationToken);

    public Task<ApiResult<ChangedLinks>> ChangeLinksAsync(LinksChange change, CancellationToken cancellationToken) =>
        AskAsync<ChangedLinks>(HttpMethod.Patch, "/links", change, cancellationToken);

    /// <param name="attempt">Of the page's form: sent twice, it makes one copy of each link.</param>
    public Task<ApiResult<Link>> DuplicateLinkAsync(Guid id, string? attempt, CancellationToken cancellationToken) =>
        AskAsync<Link>(HttpMethod.Post, $"/links/{id}/duplicate", null, cancellationToken, string.IsNullOrEmpty(attempt) ? null : $"{attempt}{id:N}");

    /// <summary>Can be undone for 30 days.</summary>
    public Task<ApiResult<Done>> DeleteLinkAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/links/{id}", null, null, cancellationToken);

    /// <summary>409 if the link has been restored in the meantime.</summary>
    public Task<ApiResult<Done>> DeleteLinkPermanentlyAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/links/{id}?permanent=true&onlyIfDeleted=true", null, null, cancellationToken);
}
