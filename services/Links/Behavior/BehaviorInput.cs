using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Behavior;

/// <summary>Validates the behaviour fields of a request and merges them into the link's; errors are reported under the JSON names.</summary>
public sealed class BehaviorInput(DestinationPolicy destinations, LinkPasswords passwords)
{
    internal const long MaxMaxClicks = 1_000_000_000;
    internal const int MaxCacheSeconds = 86_400;
    internal const int MaxUtm = 255;
    internal const int MaxPreviewTitle = 255;
    internal const int MaxPreviewDescription = 500;

    private static readonly LinkBehavior Plain = new();

    /// <param name="before">Null for a plain redirect or a new link.</param>
    /// <returns>Null for a plain redirect.</returns>
    public LinkBehavior? Merge(LinkBehavior? before, BehaviorFields body, ValidationErrors errors) =>
        Merge(before, body, errors, body.Has(nameof(body.Password)) ? passwords.Hash(body.Password, before?.PasswordHash, errors) : before?.PasswordHash);

    /// <summary>The behaviour of a link that is only asked about: a password is checked and marked, but not hashed.</summary>
    public LinkBehavior Draft(BehaviorFields body, ValidationErrors errors) =>
        Merge(null, body, errors, LinkPasswords.Mark(body.Password, errors)) ?? Plain;

    private LinkBehavior? Merge(LinkBehavior? before, BehaviorFields body, ValidationErrors errors, string? passwordHash)
    {
        var now = before ?? Plain;
        var after = new LinkBehavior
        {
            ExpiredUrl = body.Has(nameof(body.ExpiredUrl)) ? OptionalUrl("expiredUrl", body.ExpiredUrl, errors) : now.ExpiredUrl,
            MaxClicks = body.Has(nameof(body.MaxClicks)) ? MaxClicks(body.MaxClicks, errors) : now.MaxClicks,
            PasswordHash = passwordHash,
            ForwardQuery = body.Has(nameof(body.ForwardQuery)) ? ForwardQuery(body.ForwardQuery) : now.ForwardQuery,
            Utm = body.Has(nameof(body.Utm)) ? Utm(body.Utm, errors) : now.Utm,
            Rules = body.Has(nameof(body.Rules)) ? new RuleInput(destinations, errors).Rules(body.Rules) : now.Rules,
            Variants = body.Has(nameof(body.Variants)) ? VariantInput.Variants(body.Variants, destinations, errors) : now.Variants,
            Preview = body.Has(nameof(body.Preview)) ? Preview(body.Preview, errors) : now.Preview,
            DeepLinks = body.Has(nameof(body.DeepLinks)) ? DeepLinks(body.DeepLinks, errors) : now.DeepLinks,
            CacheSeconds = body.Has(nameof(body.CacheSeconds)) ? CacheSeconds(body.CacheSeconds, errors) : now.CacheSeconds,
            AllowIndexing = body.Has(nameof(body.AllowIndexing)) ? body.AllowIndexing is true ? true : null : now.AllowIndexing,
        };
        return after == Plain ? null : after;
    }

    private static long? MaxClicks(long? clicks, ValidationErrors errors)
    {
        if (clicks is < 1 or > MaxMaxClicks)
        {
            errors.Add("maxClicks", FieldRules.Range(1, MaxMaxClicks));
        }

        return clicks;
    }

    private static string? ForwardQuery(string? policy) => policy is ForwardQueryConverter.Off ? null : policy;

    /// <returns>Null for 0 as well: both mean no caching.</returns>
    private static int? CacheSeconds(int? seconds, ValidationErrors errors)
    {
        if (seconds is < 0 or > MaxCacheSeconds)
        {
            errors.Add("cacheSeconds", LinksTexts.Of("fields.cacheSeconds", ("max", MaxCacheSeconds)));
        }

        return seconds is 0 ? null : seconds;
    }

    internal static LinkUtm? Utm(LinkUtm? utm, ValidationErrors errors)
    {
        if (utm is null)
        {
            return null;
        }

        string? Value(string name, string? text) => LinkInput.Text($"utm.{name}", text, MaxUtm, lines: false, errors);
        var kept = new LinkUtm(
            Value("source", utm.Source), Value("medium", utm.Medium), Value("campaign", utm.Campaign), Value("term", utm.Term), Value("content", utm.Content));
        return kept == new LinkUtm() ? null : kept;
    }

    private LinkPreview? Preview(LinkPreview? preview, ValidationErrors errors)
    {
        if (preview is null)
        {
            return null;
        }

        var kept = new LinkPreview(
            LinkInput.Text("preview.title", preview.Title, MaxPreviewTitle, lines: false, errors),
            LinkInput.Text("preview.description", preview.Description, MaxPreviewDescription, lines: true, errors),
            OptionalUrl("preview.image", preview.Image, errors));
        return kept == new LinkPreview() ? null : kept;
    }

    private LinkDeepLinks? DeepLinks(LinkDeepLinks? links, ValidationErrors errors)
    {
        if (links is null)
        {
            return null;
        }

        var kept = new LinkDeepLinks(AppUrl("deepLinks.ios", links.Ios, errors), AppUrl("deepLinks.android", links.Android, errors));
        return kept == new LinkDeepLinks() ? null : kept;
    }

    private string? AppUrl(string field, string? text, ValidationErrors errors)
    {
        if (text is null || AppAddress.TryParse(text, destinations, out var address, out var error))
        {
            return text;
        }

        errors.Add(field, error);
        return null;
    }

    private string? OptionalUrl(string field, string? text, ValidationErrors errors) =>
        text is null ? null : LinkInput.Destination(field, text, destinations, errors);
}
