using LinkShort.Contracts;
using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;

namespace LinkShort.Links;

/// <summary>A link as the API returns it.</summary>
public sealed record LinkResponse(
    Guid Id,
    string Code,
    IReadOnlyList<string> Aliases,
    string Domain,
    string ShortUrl,
    string Url,
    string? Title,
    string? Notes,
    IReadOnlyList<string> Tags,
    int RedirectType,
    DateTimeOffset? ActiveFrom,
    DateTimeOffset? ExpiresAt,
    string? ExpiredUrl,
    long? MaxClicks,
    bool UsedUp,
    bool HasPassword,
    string ForwardQuery,
    LinkUtm? Utm,
    IReadOnlyList<LinkRule> Rules,
    IReadOnlyList<LinkVariant> Variants,
    LinkPreview? Preview,
    LinkDeepLinks? DeepLinks,
    int? CacheSeconds,
    bool AllowIndexing,
    bool Archived,
    DateTimeOffset? DeletedAt,
    DateTimeOffset? RestorableUntil,
    Guid CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long Version,
    long Clicks)
{
    private static readonly LinkBehavior Plain = new();

    public static LinkResponse Of(Link link, ShortUrls urls)
    {
        var behavior = link.Behavior ?? Plain;
        return new LinkResponse(
            link.Id, link.Code, link.Aliases, urls.DomainOf(link), urls.Of(link), link.Url, link.Title, link.Notes, link.Tags,
            link.RedirectType, link.ActiveFrom, link.ExpiresAt, behavior.ExpiredUrl, behavior.MaxClicks, link.IsUsedUp, behavior.PasswordHash is not null,
            behavior.ForwardQuery ?? ForwardQueryConverter.Off, behavior.Utm, behavior.Rules ?? [], behavior.Variants ?? [],
            behavior.Preview, behavior.DeepLinks, behavior.CacheSeconds, behavior.AllowIndexing ?? false, link.Archived, link.DeletedAt,
            link.RestorableUntil, link.CreatedBy, link.CreatedAt, link.UpdatedAt, link.Version, link.Clicks);
    }
}
