namespace LinkShort.Contracts;

/// <summary>
/// Everything beyond a plain redirect. Null members are defaults. Redirect applies them in this order: disabled (archived,
/// suspended) → not yet active → expired → click limit → password → preview crawler → deep link → A/B variant → rules → destination.
/// </summary>
public sealed record LinkBehavior
{
    /// <summary>Where an expired link leads (302), instead of the 410 page.</summary>
    public string? ExpiredUrl { get; init; }

    /// <summary>The number of visits, over all replicas, after which the link is gone (410, or <see cref="ExpiredUrl"/>). At least 1.</summary>
    public long? MaxClicks { get; init; }

    /// <summary>Base64 from ASP.NET Core Identity's password hasher (version 3).</summary>
    public string? PasswordHash { get; init; }

    /// <summary><c>visitor</c>: the visitor's query parameters override the destination's; <c>destination</c>: the reverse. Null: off.</summary>
    public string? ForwardQuery { get; init; }

    public LinkUtm? Utm { get; init; }

    /// <summary>The first rule whose condition is met applies.</summary>
    public IReadOnlyList<LinkRule>? Rules { get; init; }

    public IReadOnlyList<LinkVariant>? Variants { get; init; }

    public LinkPreview? Preview { get; init; }

    public LinkDeepLinks? DeepLinks { get; init; }

    /// <summary>
    /// Seconds that browsers may cache the response (<c>Cache-Control: private, max-age</c>); visits in between are not counted. Null: no-store.
    /// </summary>
    public int? CacheSeconds { get; init; }

    /// <summary>True: search engines may index the short URL. Null or false: <c>X-Robots-Tag: noindex</c>.</summary>
    public bool? AllowIndexing { get; init; }
}

/// <summary>Campaign parameters for the destination's query. Each replaces a parameter of the same name.</summary>
public sealed record LinkUtm(string? Source = null, string? Medium = null, string? Campaign = null, string? Term = null, string? Content = null);

/// <param name="When">The visitors that the rule applies to.</param>
/// <param name="Url">Their destination.</param>
public sealed record LinkRule(RuleCondition When, string Url);

/// <summary>Exactly one member is set. Lists mean "one of these"; texts are compared case-insensitively.</summary>
public sealed record RuleCondition
{
    public IReadOnlyList<RuleCondition>? All { get; init; }

    public IReadOnlyList<RuleCondition>? Any { get; init; }

    public RuleCondition? Not { get; init; }

    /// <summary><c>AF AN AS EU NA OC SA</c>.</summary>
    public IReadOnlyList<string>? Continent { get; init; }

    /// <summary>ISO 3166-1 alpha-2, such as <c>DE</c>.</summary>
    public IReadOnlyList<string>? Country { get; init; }

    /// <summary>First-level subdivision by its English name, such as <c>Bavaria</c>.</summary>
    public IReadOnlyList<string>? Region { get; init; }

    /// <summary>By its English name, such as <c>Munich</c>.</summary>
    public IReadOnlyList<string>? City { get; init; }

    /// <summary><c>desktop mobile tablet tv console wearable bot</c>.</summary>
    public IReadOnlyList<string>? Device { get; init; }

    /// <summary>As analytics names it, such as <c>iOS</c>.</summary>
    public IReadOnlyList<string>? Os { get; init; }

    /// <summary>As analytics names it, such as <c>Firefox</c>.</summary>
    public IReadOnlyList<string>? Browser { get; init; }

    /// <summary>
    /// BCP 47, such as <c>de</c> (which includes <c>de-AT</c>) or <c>pt-BR</c>, compared with the visitor's preferred language. Old and current codes are
    /// equal (<c>iw</c> and <c>he</c>), and so are <c>zh-Hant</c> and <c>zh-TW</c>, <c>zh-Hans</c> and <c>zh-CN</c>.
    /// </summary>
    public IReadOnlyList<string>? Language { get; init; }

    /// <summary>Hosts of the referring page, such as <c>example.com</c> (which includes its subdomains); <c>direct</c> for none.</summary>
    public IReadOnlyList<string>? Referrer { get; init; }

    public TimeWindow? Time { get; init; }

    public QueryCondition? Query { get; init; }
}

/// <param name="TimeZone">IANA name, such as <c>Europe/Berlin</c>. UTC by default.</param>
/// <param name="From">Local time <c>HH:mm</c>, inclusive. Midnight by default.</param>
/// <param name="To">Local time <c>HH:mm</c>, exclusive; before <paramref name="From"/> for a window across midnight. Midnight by default.</param>
/// <param name="Days"><c>mon tue wed thu fri sat sun</c>: days on which the window starts. Every day by default.</param>
public sealed record TimeWindow(string? TimeZone = null, string? From = null, string? To = null, IReadOnlyList<string>? Days = null);

/// <param name="Name">A parameter of the short URL's query.</param>
/// <param name="Values">Its accepted values; any value by default.</param>
public sealed record QueryCondition(string Name, IReadOnlyList<string>? Values = null);

/// <summary>A share of the visitors. A visitor gets the same variant all day.</summary>
/// <param name="Weight">1 to 1000, relative to the others'.</param>
/// <param name="Url">Null for the control group, which gets the link without variants (rules, then the destination).</param>
/// <param name="Name">Recorded with the click. A, B, C … by default.</param>
public sealed record LinkVariant(int Weight, string? Url = null, string? Name = null);

/// <summary>The Open Graph page for preview crawlers, instead of the redirect.</summary>
/// <param name="Image">Absolute URL.</param>
public sealed record LinkPreview(string? Title = null, string? Description = null, string? Image = null);

/// <summary>Destinations for phones: an https address or an app's own scheme, such as <c>myapp://item/1</c>.</summary>
public sealed record LinkDeepLinks(string? Ios = null, string? Android = null);
