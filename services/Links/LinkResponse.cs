using LinkShort.Links.Domain;

namespace LinkShort.Links;

/// <summary>A link as the API shows it.</summary>
/// <param name="Domain">Host (and port) of the short URL.</param>
/// <param name="RedirectType">301, 302, 307 or 308.</param>
/// <param name="Version">Grows by one with each change; the ETag carries it. Clicks don't change it.</param>
/// <param name="Clicks">Human clicks, some seconds behind.</param>
public sealed record LinkResponse(
    Guid Id,
    string Code,
    string Domain,
    string ShortUrl,
    string Url,
    string? Title,
    string? Notes,
    IReadOnlyList<string> Tags,
    int RedirectType,
    DateTimeOffset? ActiveFrom,
    DateTimeOffset? ExpiresAt,
    bool Archived,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long Version,
    long Clicks)
{
    public static LinkResponse Of(Link link, ShortUrls urls)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(urls);
        return new LinkResponse(
            link.Id, link.Code, urls.DomainOf(link), urls.Of(link), link.Url, link.Title, link.Notes, link.Tags, link.RedirectType,
            link.ActiveFrom, link.ExpiresAt, link.Archived, link.CreatedAt, link.UpdatedAt, link.Version, link.Clicks);
    }
}
