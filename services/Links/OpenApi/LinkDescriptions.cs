using LinkShort.Contracts;
using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using Microsoft.AspNetCore.OpenApi;

namespace LinkShort.Links.OpenApi;

/// <summary>Every field of a link for the OpenAPI document, with the limits that are enforced.</summary>
internal static class LinkDescriptions
{
    /// <summary>The order in which a visit is decided; docs/links.md has it at length.</summary>
    public const string Precedence =
        "What a visitor gets is decided in this order: out of service (archived, suspended) → not yet active (activeFrom) → expired (expiresAt) → "
        + "click limit (maxClicks) → the visitor's password (password) → preview crawlers (preview) → phones with the app (deepLinks) → A/B variant (variants) → "
        + "the first rule that holds (rules) → the destination (url). Expired and used-up links lead to expiredUrl, or answer 410. A variant without "
        + "a url is the control group: it goes on to the rules. Then the query is merged: the visitor's parameters as forwardQuery says, then utm, "
        + "which replaces parameters of the same name. A destination that nothing is merged into goes out byte for byte.";

    private const string Destination = "http or https, at most 2,048 characters, kept byte for byte; not a private address and not a short link's own host.";

    private static readonly FieldDescription Name = new() { MinLength = 1, MaxLength = ConditionInput.MaxPlace };
    private static readonly FieldDescription Software = new() { MinLength = 1, MaxLength = ConditionInput.MaxSoftware };
    private static readonly FieldDescription Utm = new() { MaxLength = BehaviorInput.MaxUtm };

    private static readonly Dictionary<string, FieldDescription> OfLink = new(StringComparer.Ordinal)
    {
        ["url"] = new($"Where the link leads: {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength, Example = "\"https://example.com/spring?a=%2B#top\"" },
        ["code"] = new(
            $"1 to {Slug.MaxLength} Unicode letters, digits, emoji, - _ . ~ and / between at most {Slug.MaxSegments} segments; kept in normalization form C. "
            + "Unique on its domain, over codes and aliases. Generated when left out of a new link. In a change it renames the link: the code before stays as an alias.")
        {
            MinLength = 1, MaxLength = Slug.MaxLength, Example = "\"spring/2026\"",
        },
        ["aliases"] = new("Codes that the link had before and that still lead to it, the latest first. A change can only remove: it lists those that stay.", new() { MinLength = 1, MaxLength = Slug.MaxLength })
        {
            MaxItems = LinkInput.MaxAliases,
        },
        ["domain"] = new("Host (and port) of the short URL. The installation's own when left out."),
        ["shortUrl"] = new("What visitors open.") { Format = "uri" },
        ["title"] = new("One line that only its owners see.") { MaxLength = LinkInput.MaxTitle },
        ["notes"] = new("For its owners; line breaks and tabs are kept.") { MaxLength = LinkInput.MaxNotes },
        ["tags"] = new("Each once, in the order given.", new() { MinLength = 1, MaxLength = LinkInput.MaxTag }) { MaxItems = LinkInput.MaxTags },
        ["redirectType"] = new("Status of the redirect: 301, 302 (default), 307 or 308. Browsers keep none of them longer than cacheSeconds.") { Example = "302" },
        ["activeFrom"] = new("Before it the link leads nowhere: 404. In the years 2000 to 2199.") { Format = "date-time" },
        ["expiresAt"] = new("From then on the link has expired. Later than activeFrom; in the future for a new link, while a change may end a link at once.") { Format = "date-time" },
        ["expiredUrl"] = new($"Where visitors of an expired or used-up link are sent, instead of a page with status 410. {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength },
        ["maxClicks"] = new("So many people are let through; then the link is used up. Bots, previews and HEAD don't count.")
        {
            Min = 1, Max = BehaviorInput.MaxMaxClicks, Example = "500",
        },
        ["password"] = new("Asked of every visitor. Only a hash is kept, and no answer shows it: hasPassword tells whether there is one. null removes it.")
        {
            WriteOnly = true, Format = "password", MinLength = 1, MaxLength = LinkPasswords.MaxLength,
        },
        ["hasPassword"] = new("Whether visitors are asked for a password."),
        ["forwardQuery"] = new(
            "What happens to query parameters of the short URL. visitor: they are added to the destination's and replace those of the same name; destination: they are "
            + "added unless the destination has one of that name; off (default): they are dropped. true stands for visitor, false for off.")
        {
            OneOf = [ForwardQueryConverter.Visitor, ForwardQueryConverter.Destination, ForwardQueryConverter.Off], OrBoolean = true, Example = "\"visitor\"",
        },
        ["utm"] = new("Campaign parameters (utm_source …) that are merged into whatever destination is chosen. Never written into url."),
        ["rules"] = new($"The first rule whose condition holds decides. At most {RuleInput.MaxLeaves} conditions in all of them together.") { MaxItems = RuleInput.MaxRules },
        ["variants"] = new("Shares of the visitors for an A/B test, by weight. A visitor gets the same one all day, without a cookie.") { MaxItems = VariantInput.MaxVariants },
        ["preview"] = new("What messengers and social networks show of the link, instead of what they find at the destination."),
        ["deepLinks"] = new("Where phones are sent: to your app."),
        ["cacheSeconds"] = new("How long browsers may keep the redirect (private, max-age); visits meanwhile are not counted. 0 and null: not at all (no-store), for 301 and 308 too.")
        {
            Min = 0, Max = BehaviorInput.MaxCacheSeconds, Example = "300",
        },
        ["allowIndexing"] = new("Whether search engines may list the short URL. Otherwise (default) answers carry X-Robots-Tag: noindex."),
        ["archived"] = new("Out of service, and out of the list."),
        ["version"] = new("Grows by one with each change; the ETag carries it. Clicks don't change it."),
        ["clicks"] = new("Clicks by people, some seconds behind."),
    };

    private static readonly Dictionary<string, Dictionary<string, FieldDescription>> BySchema = new(StringComparer.Ordinal)
    {
        [nameof(CreateLink) + nameof(CreateLink.Request)] = OfLink,
        [nameof(ChangeLink) + nameof(ChangeLink.Request)] = OfLink,
        [nameof(LinkResponse)] = OfLink.ToDictionary(
            field => field.Key, field => field.Key == "forwardQuery" ? field.Value with { OrBoolean = false } : field.Value, StringComparer.Ordinal),
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
            ["when"] = new($"On whom the rule applies. Conditions are nested at most {RuleInput.MaxDepth} deep."),
            ["url"] = new($"Where they are sent. {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength },
        },
        [nameof(RuleCondition)] = new(StringComparer.Ordinal)
        {
            ["all"] = List("All of these hold."),
            ["any"] = List("At least one of these holds."),
            ["not"] = new("This does not hold."),
            ["continent"] = List("Continent that the visitor's address belongs to.", new() { OneOf = ConditionInput.Continents }, "[\"EU\"]"),
            ["country"] = List("Country that the visitor's address belongs to, by its ISO 3166-1 alpha-2 code.", new() { MinLength = 2, MaxLength = 2 }, "[\"DE\",\"AT\",\"CH\"]"),
            ["region"] = List("First-level subdivision, by its English name.", Name, "[\"Bavaria\"]"),
            ["city"] = List("City, by its English name.", Name, "[\"Munich\"]"),
            ["device"] = List("Kind of device.", new() { OneOf = ConditionInput.Devices }, "[\"mobile\",\"tablet\"]"),
            ["os"] = List("Operating system, as analytics names it.", Software, "[\"iOS\"]"),
            ["browser"] = List("Browser, as analytics names it.", Software, "[\"Firefox\"]"),
            ["language"] = List("The language that the visitor wants most (BCP 47). de takes in de-AT.", new() { MinLength = 2, MaxLength = 35 }, "[\"de\",\"pt-BR\"]"),
            ["referrer"] = List("Host of the page that the visitor comes from. example.com takes in its subdomains; direct stands for none.", new() { MaxLength = 253 }, "[\"news.example.com\",\"direct\"]"),
            ["time"] = new("The visit is in this window. At least one of from, to and days."),
            ["query"] = new("The short URL was opened with this query parameter."),
        },
        [nameof(TimeWindow)] = new(StringComparer.Ordinal)
        {
            ["timeZone"] = new("IANA name. UTC when left out.") { Example = "\"Europe/Berlin\"" },
            ["from"] = new("Local time HH:mm, included. 00:00 when left out.") { Example = "\"09:00\"" },
            ["to"] = new("Local time HH:mm, excluded. Before from: the window goes over midnight. End of the day when left out.") { Example = "\"17:30\"" },
            ["days"] = new("Days on which the window begins. Every day when left out.", new() { OneOf = ConditionInput.Days }) { MinItems = 1, MaxItems = ConditionInput.MaxEntries, Example = "[\"mon\",\"fri\"]" },
        },
        [nameof(QueryCondition)] = new(StringComparer.Ordinal)
        {
            ["name"] = new("The parameter's name, decoded.") { MinLength = 1, MaxLength = ConditionInput.MaxQueryName, Example = "\"ref\"" },
            ["values"] = List("One of these values, decoded; any value when left out.", new() { MaxLength = ConditionInput.MaxQueryValue }, "[\"newsletter\",\"\"]"),
        },
        [nameof(LinkVariant)] = new(StringComparer.Ordinal)
        {
            ["weight"] = new("Share, relative to the other variants'.") { Min = 1, Max = VariantInput.MaxWeight, Example = "50" },
            ["url"] = new($"Where this share of the visitors is sent; left out for the control group, which goes on to the rules. {Destination}") { Format = "uri", MaxLength = TargetUrl.MaxLength },
            ["name"] = new("Unique in the link; what analytics calls the variant. A, B, C … when left out.") { MaxLength = VariantInput.MaxName, Example = "\"Big button\"" },
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

    /// <summary>On the finished document: before, a nested type and a reference to it are one and the same.</summary>
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
