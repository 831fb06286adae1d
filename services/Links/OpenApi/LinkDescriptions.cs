using LinkShort.Contracts;
using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using LinkShort.Links.Evaluation;
using LinkShort.Links.UtmTemplates;
using Microsoft.AspNetCore.OpenApi;

namespace LinkShort.Links.OpenApi;

/// <summary>Describes every field of a link in the OpenAPI document, with the limits that are enforced.</summary>
internal static class LinkDescriptions
{
    /// <summary>The order in which a visit is evaluated; see docs/links.md.</summary>
    public const string Precedence =
        "Visits are evaluated in this order: out of service (archived, suspended) → not yet active (activeFrom) → expired (expiresAt) → "
        + "click limit (maxClicks) → password (password) → preview crawlers (preview) → phones with the app (deepLinks) → A/B variant (variants) → "
        + "the first matching rule (rules) → the destination (url). Expired and used-up links redirect to expiredUrl, or answer 410. A variant without "
        + "a url is the control group and continues with the rules. Then the query is merged: first utm, which replaces the destination's parameters of the same "
        + "name, then the visitor's parameters according to forwardQuery. If nothing is merged, the destination is sent byte for byte.";

    private const string Destination = "http or https, at most 2,048 characters, kept byte for byte. Private addresses and short link hosts are not allowed.";

    private static readonly FieldDescription Name = new() { MinLength = 1, MaxLength = ConditionInput.MaxPlace };
    private static readonly FieldDescription Software = new() { MinLength = 1, MaxLength = ConditionInput.MaxSoftware };
    private static readonly FieldDescription Utm = new() { MaxLength = BehaviorInput.MaxUtm };

    private static readonly Dictionary<string, FieldDescription> OfLink = new(StringComparer.Ordinal)
    {
        ["url"] = new($"Where the link leads: {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength, Example = "\"https://example.com/spring?a=%2B#top\"" },
        ["code"] = new(
            $"1 to {Slug.MaxLength} Unicode letters, digits, emoji, - _ . ~ and / between at most {Slug.MaxSegments} segments, stored in normalization form C. "
            + "Unique among the domain's codes and aliases. Generated if left out of a new link. Changing it renames the link and keeps the previous code as an alias.")
        {
            MinLength = 1, MaxLength = Slug.MaxLength, Example = "\"spring/2026\"",
        },
        ["aliases"] = new("Previous codes that still lead to the link, latest first. A change can only remove aliases: list the ones to keep.", new() { MinLength = 1, MaxLength = Slug.MaxLength })
        {
            MaxItems = LinkInput.MaxAliases,
        },
        ["domain"] = new("Host (and port) of the short URL. Default: the installation's own."),
        ["shortUrl"] = new("The URL that visitors open.") { Format = "uri" },
        ["title"] = new("One line of text, visible only to the workspace.") { MaxLength = LinkInput.MaxTitle },
        ["notes"] = new("Visible only to the workspace. Line breaks and tabs are kept.") { MaxLength = LinkInput.MaxNotes },
        ["tags"] = new("Without commas and duplicates (letter case doesn't count), in the given order.", new() { MinLength = 1, MaxLength = LinkInput.MaxTag }) { MaxItems = LinkInput.MaxTags },
        ["redirectType"] = new("Status code of the redirect: 301, 302 (default), 307 or 308. Browsers cache none of them longer than cacheSeconds.") { Example = "302" },
        ["activeFrom"] = new("Before this time the link answers 404. From the year 2000 to 2199.") { Format = "date-time" },
        ["expiresAt"] = new("When the link expires. Must be later than activeFrom, and in the future for a new link; a change may set a past time to expire the link immediately.") { Format = "date-time" },
        ["expiredUrl"] = new($"Where visitors of an expired or used-up link are redirected instead of getting a 410 page. {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength },
        ["maxClicks"] = new("Number of visits by people before the link is used up. Bots, previews and HEAD requests don't count.")
        {
            Min = 1, Max = BehaviorInput.MaxMaxClicks, Example = "500",
        },
        ["usedUp"] = new("Whether the click limit is reached, delayed by a few seconds. The link answers 410 or leads to expiredUrl; a higher maxClicks opens it again."),
        ["password"] = new("Every visitor has to enter it. Only a hash is stored, and no response contains it; hasPassword shows whether one is set. null removes it.")
        {
            WriteOnly = true, Format = "password", MinLength = 1, MaxLength = LinkPasswords.MaxLength,
        },
        ["hasPassword"] = new("Whether visitors need a password."),
        ["forwardQuery"] = new(
            "What happens to the short URL's query parameters. visitor: they are added to the destination's and replace parameters of the same name; destination: they are "
            + "added unless the destination or utm has a parameter of that name; off (default): they are dropped. true means visitor, false means off.")
        {
            OneOf = [ForwardQueryConverter.Visitor, ForwardQueryConverter.Destination, ForwardQueryConverter.Off], OrBoolean = true, Example = "\"visitor\"",
        },
        ["utm"] = new("Campaign parameters (utm_source …), merged into the chosen destination. They are never written into url."),
        ["rules"] = new($"The first rule whose condition matches applies. At most {RuleInput.MaxLeaves} conditions across all rules.") { MaxItems = RuleInput.MaxRules },
        ["variants"] = new("Variants of an A/B test, weighted. A visitor gets the same variant all day, without a cookie.") { MaxItems = VariantInput.MaxVariants },
        ["preview"] = new("What messengers and social networks show for the link instead of the destination's own preview."),
        ["deepLinks"] = new("Where phones are redirected: to your app."),
        ["cacheSeconds"] = new("How long browsers may cache the redirect (private, max-age). Visits from the cache are not counted. 0 and null: not cached (no-store), including 301 and 308.")
        {
            Min = 0, Max = BehaviorInput.MaxCacheSeconds, Example = "300",
        },
        ["allowIndexing"] = new("Whether search engines may index the short URL. If false (default), responses carry X-Robots-Tag: noindex."),
        ["archived"] = new("Archived: the link doesn't work and isn't listed by default."),
        ["deletedAt"] = new("When the link was deleted; null unless it was."),
        ["restorableUntil"] = new("Until when the deletion can be undone; null unless the link was deleted."),
        ["createdBy"] = new("The id of the user who created the link. Zeros once that account is erased."),
        ["version"] = new("Increases by one with each change and is the ETag. Clicks don't change it."),
        ["clicks"] = new("Clicks by people, delayed by a few seconds."),
    };

    private static readonly Dictionary<string, FieldDescription> OfTemplate = new(StringComparer.Ordinal)
    {
        ["name"] = new("Unique in the workspace, in any letter case.") { MinLength = 1, MaxLength = UtmTemplate.MaxName, Example = "\"Newsletter\"" },
        ["utm"] = new("At least one parameter."),
        ["version"] = new("Increases by one with each change and is the ETag."),
    };

    private static readonly Dictionary<string, Dictionary<string, FieldDescription>> BySchema = new(StringComparer.Ordinal)
    {
        [nameof(CreateLink) + nameof(CreateLink.Request)] = OfLink,
        [nameof(ChangeLink) + nameof(ChangeLink.Request)] = OfLink,
        [nameof(LinkResponse)] = OfLink.ToDictionary(
            field => field.Key, field => field.Key == "forwardQuery" ? field.Value with { OrBoolean = false } : field.Value, StringComparer.Ordinal),
        [nameof(EvaluateDraft) + nameof(EvaluateDraft.Draft)] = OfLink,
        [nameof(DescribedVisitor)] = new(StringComparer.Ordinal)
        {
            ["country"] = new("ISO 3166-1 alpha-2. Decides the continent, too.") { Example = "\"DE\"" },
            ["region"] = new("English name of the first-level subdivision."),
            ["city"] = new("English name of the city."),
            ["device"] = new("Type of device; preview is a messenger or social network that previews the link.") { OneOf = VisitorInput.Devices },
            ["os"] = new("Operating system, as named in analytics.") { Example = "\"iOS\"" },
            ["browser"] = new("Browser, as named in analytics.") { Example = "\"Safari\"" },
            ["language"] = new("The preferred language (BCP 47).") { Example = "\"de\"" },
            ["referrer"] = new("Host of the referring page; left out or direct: none."),
            ["query"] = new("Query of the short URL.") { Example = "\"ref=newsletter\"" },
        },
        [nameof(EvaluationOutcome)] = new(StringComparer.Ordinal)
        {
            ["step"] = new("redirect, preview (the page for preview crawlers), expired or notYet."),
            ["by"] = new("What decided: deepLink, variant, rule, destination, or schedule for links that aren't active."),
            ["rule"] = new("Index of the rule that matched; null for none."),
            ["variant"] = new("The variant's name; null without variants."),
            ["share"] = new("Share of the visitors like this one, from 0 to 1."),
            ["url"] = new("Where the visitor is sent, with all parameters; null for a page of LinkShort."),
            ["asksForPassword"] = new("Whether the visitor has to enter the link's password first."),
        },
        [nameof(UtmTemplateResponse)] = OfTemplate,
        [nameof(UtmTemplateEndpoints) + nameof(UtmTemplateEndpoints.NewTemplate)] = OfTemplate,
        [nameof(UtmTemplateEndpoints) + nameof(UtmTemplateEndpoints.TemplateChange)] = OfTemplate,
        [nameof(LinkUtm)] = new(StringComparer.Ordinal)
        {
            ["source"] = Utm with { Text = "utm_source", Example = "\"newsletter\"" },
            ["medium"] = Utm with { Text = "utm_medium", Example = "\"email\"" },
            ["campaign"] = Utm with { Text = "utm_campaign", Example = "\"spring 2026\"" },
            ["term"] = Utm with { Text = "utm_term" },
            ["content"] = Utm with { Text = "utm_content" },
        },
        [nameof(LinkRule)] = new(StringComparer.Ordinal)
        {
            ["when"] = new($"The condition under which the rule applies. Conditions can be nested at most {RuleInput.MaxDepth} levels deep."),
            ["url"] = new($"Where matching visitors are redirected. {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength },
        },
        [nameof(RuleCondition)] = new(StringComparer.Ordinal)
        {
            ["all"] = List("All of these conditions match."),
            ["any"] = List("At least one of these conditions matches."),
            ["not"] = new("This condition doesn't match."),
            ["continent"] = List("Continent, by the visitor's IP address.", new() { OneOf = ConditionInput.Continents }, "[\"EU\"]"),
            ["country"] = List("Country, by the visitor's IP address, as an ISO 3166-1 alpha-2 code.", new() { MinLength = 2, MaxLength = 2 }, "[\"DE\",\"AT\",\"CH\"]"),
            ["region"] = List("English name of the first-level subdivision.", Name, "[\"Bavaria\"]"),
            ["city"] = List("English name of the city.", Name, "[\"Munich\"]"),
            ["device"] = List("Type of device.", new() { OneOf = ConditionInput.Devices }, "[\"mobile\",\"tablet\"]"),
            ["os"] = List("Operating system, as named in analytics.", Software, "[\"iOS\"]"),
            ["browser"] = List("Browser, as named in analytics.", Software, "[\"Firefox\"]"),
            ["language"] = List("The visitor's preferred language (BCP 47). de includes de-AT; old and new codes are equal (iw and he, no and nb), and so are zh-Hant and zh-TW, zh-Hans and zh-CN.", new() { MinLength = 2, MaxLength = 35 }, "[\"de\",\"pt-BR\"]"),
            ["referrer"] = List("Host of the referring page. example.com includes its subdomains; direct means no referrer.", new() { MaxLength = 253 }, "[\"news.example.com\",\"direct\"]"),
            ["time"] = new("The visit falls into this time window. At least one of from, to and days is required."),
            ["query"] = new("The short URL has this query parameter."),
        },
        [nameof(TimeWindow)] = new(StringComparer.Ordinal)
        {
            ["timeZone"] = new("IANA name. Default: UTC.") { Example = "\"Europe/Berlin\"" },
            ["from"] = new("Local time HH:mm, inclusive. Default: 00:00.") { Example = "\"09:00\"" },
            ["to"] = new("Local time HH:mm, exclusive. If earlier than from, the window spans midnight. Default: end of the day.") { Example = "\"17:30\"" },
            ["days"] = new("Days on which the window starts. Default: every day.", new() { OneOf = ConditionInput.Days }) { MinItems = 1, MaxItems = ConditionInput.MaxEntries, Example = "[\"mon\",\"fri\"]" },
        },
        [nameof(QueryCondition)] = new(StringComparer.Ordinal)
        {
            ["name"] = new("The parameter's name, decoded.") { MinLength = 1, MaxLength = ConditionInput.MaxQueryName, Example = "\"ref\"" },
            ["values"] = List("One of these values, decoded. Default: any value.", new() { MaxLength = ConditionInput.MaxQueryValue }, "[\"newsletter\",\"\"]"),
        },
        [nameof(LinkVariant)] = new(StringComparer.Ordinal)
        {
            ["weight"] = new("Share of visitors, relative to the other variants.") { Min = 1, Max = VariantInput.MaxWeight, Example = "50" },
            ["url"] = new($"Where this share of the visitors is redirected. Leave it out for the control group, which continues with the rules. {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength },
            ["name"] = new("The variant's name in analytics, unique within the link. Default: A, B, C …") { MaxLength = VariantInput.MaxName, Example = "\"Big button\"" },
        },
        [nameof(LinkPreview)] = new(StringComparer.Ordinal)
        {
            ["title"] = new("og:title") { MaxLength = BehaviorInput.MaxPreviewTitle },
            ["description"] = new("og:description") { MaxLength = BehaviorInput.MaxPreviewDescription },
            ["image"] = new($"og:image. {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength },
        },
        [nameof(LinkDeepLinks)] = new(StringComparer.Ordinal)
        {
            ["ios"] = new("For iPhones and iPads: https, or an app's own scheme.") { MaxLength = TargetUrl.MaxLength, Example = "\"myapp://item/1\"" },
            ["android"] = new("For Android: https, or an app's own scheme.") { MaxLength = TargetUrl.MaxLength, Example = "\"https://example.com/app/item/1\"" },
        },
    };

    /// <summary>A document transformer, because schema transformers can't distinguish a nested type from a reference to it.</summary>
    public static void Add(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        foreach (var (type, fields) in BySchema)
        {
            if (document.Components?.Schemas?.TryGetValue(type, out var schema) == true)
            {
                foreach (var (name, property) in schema.Properties ?? new Dictionary<string, Microsoft.OpenApi.IOpenApiSchema>())
                {
                    fields.GetValueOrDefault(name)?.ApplyTo(property);
                }
            }
        }

        return Task.CompletedTask;
    });

    private static FieldDescription List(string text, FieldDescription? items = null, string? example = null) =>
        new(text, items) { MinItems = 1, MaxItems = ConditionInput.MaxEntries, Example = example };
}
