using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LinkShort.Web.Api;
using LinkShort.Web.LinkBuilder;

namespace LinkShort.Web.Links;

/// <summary>
/// The fields of a link as people fill them in. Null: the form didn't have the field, so it is not changed. Empty: no value.
/// </summary>
public sealed class LinkForm
{
    private const string LocalTime = "yyyy-MM-ddTHH:mm";

    /// <summary>The API's names of what <see cref="Changes"/> compares, and whether the form had its lists.</summary>
    private static readonly HashSet<string> Content =
    [
        "url", "code", "title", "tags", "notes", "activeFrom", "expiresAt", "expiredUrl", "maxClicks", "forwardQuery", "utm", "preview", "deepLinks", "rules",
        "variants", "aliases", "redirectType", "cacheSeconds", "allowIndexing", "variantsShown", "aliasesShown",
    ];

    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string? Url { get; init; }

    public string? Code { get; init; }

    public string? Title { get; init; }

    /// <summary>Separated by commas.</summary>
    public string? Tags { get; init; }

    public string? Notes { get; init; }

    /// <summary>Local time of the viewer, as <c>datetime-local</c> fields write it.</summary>
    public string? ActiveFrom { get; init; }

    public string? ExpiresAt { get; init; }

    public string? ExpiredUrl { get; init; }

    public string? MaxClicks { get; init; }

    /// <summary>Empty keeps the current one.</summary>
    public string? Password { get; init; }

    public bool RemovePassword { get; init; }

    public string? ForwardQuery { get; init; }

    // Without any of its fields in the form, the framework sets null.
    public UtmForm Utm { get; set => field = value ?? new(); } = new();

    public PreviewForm Preview { get; init => field = value ?? new(); } = new();

    public DeepLinksForm DeepLinks { get; init => field = value ?? new(); } = new();

    /// <summary>JSON as in the API. A nested editor writes it; without script, it is a text field.</summary>
    public string? Rules { get; init; }

    /// <summary>The form has the variants, so one that is missing was removed.</summary>
    public bool VariantsShown { get; init; }

    public List<VariantForm>? Variants { get; init; }

    /// <summary>The form has the aliases, so one that is missing was removed.</summary>
    public bool AliasesShown { get; init; }

    public List<string?>? Aliases { get; init; }

    public string? RedirectType { get; init; }

    public string? CacheSeconds { get; init; }

    public string? AllowIndexing { get; init; }

    /// <summary>Of the version that the form showed; for changes only.</summary>
    public string? ETag { get; init; }

    /// <summary>The content of that version as JSON. Only what differs from it is sent, so that a form never reverts what others have changed since.</summary>
    public string? Base { get; init; }

    /// <summary>Names a new link's form, so that sending it twice makes one link.</summary>
    public string? Attempt { get; init; }

    /// <summary>The edited link, for requests that save nothing.</summary>
    public Guid? LinkId { get; init; }

    /// <summary>What a button other than the one that saves asks for, see <see cref="BuilderSteps"/>.</summary>
    public string? Step { get; init; }

    public string? TemplateName { get; init; }

    /// <summary>Whom the tester asks about.</summary>
    public VisitorForm Visitor { get; init => field = value ?? new(); } = new();

    public sealed class UtmForm
    {
        public string? Source { get; init; }

        public string? Medium { get; init; }

        public string? Campaign { get; init; }

        public string? Term { get; init; }

        public string? Content { get; init; }

        internal (string Name, string? Text)[] Fields => [("source", Source), ("medium", Medium), ("campaign", Campaign), ("term", Term), ("content", Content)];
    }

    public sealed class VariantForm
    {
        public string? Name { get; init; }

        /// <summary>Percent.</summary>
        public string? Weight { get; init; }

        /// <summary>Empty for the control group.</summary>
        public string? Url { get; init; }

        internal bool IsBlank => string.IsNullOrWhiteSpace(Name) && string.IsNullOrWhiteSpace(Weight) && string.IsNullOrWhiteSpace(Url);
    }

    public sealed class PreviewForm
    {
        public string? Title { get; init; }

        public string? Description { get; init; }

        public string? Image { get; init; }

        internal (string Name, string? Text)[] Fields => [("title", Title), ("description", Description), ("image", Image)];
    }

    public sealed class DeepLinksForm
    {
        public string? Ios { get; init; }

        public string? Android { get; init; }

        internal (string Name, string? Text)[] Fields => [("ios", Ios), ("android", Android)];
    }

    /// <param name="zone">The viewer's.</param>
    public static LinkForm Of(Link link, TimeZoneInfo zone)
    {
        var content = ContentOf(link, zone);
        var version = content.ToJson();
        version["eTag"] = link.ETag;
        version["base"] = content.ToJson().ToJsonString();
        return version.Deserialize<LinkForm>(Names)!;
    }

    private static LinkForm ContentOf(Link link, TimeZoneInfo zone) => new()
    {
        Url = link.Url,
        Code = link.Code,
        Title = link.Title,
        Tags = string.Join(", ", link.Tags ?? []),
        Notes = link.Notes,
        ActiveFrom = Local(link.ActiveFrom, zone),
        ExpiresAt = Local(link.ExpiresAt, zone),
        ExpiredUrl = link.ExpiredUrl,
        MaxClicks = link.MaxClicks?.ToString(CultureInfo.InvariantCulture),
        ForwardQuery = link.ForwardQuery,
        Utm = new() { Source = link.Utm?.Source, Medium = link.Utm?.Medium, Campaign = link.Utm?.Campaign, Term = link.Utm?.Term, Content = link.Utm?.Content },
        Preview = new() { Title = link.Preview?.Title, Description = link.Preview?.Description, Image = link.Preview?.Image },
        DeepLinks = new() { Ios = link.DeepLinks?.Ios, Android = link.DeepLinks?.Android },
        Rules = link.Rules is { Count: > 0 } rules ? JsonSerializer.Serialize(rules, Readable) : "",
        VariantsShown = true,
        Variants = VariantsOf(link),
        AliasesShown = true,
        Aliases = [.. link.Aliases ?? []],
        RedirectType = link.RedirectType.ToString(CultureInfo.InvariantCulture),
        CacheSeconds = link.CacheSeconds?.ToString(CultureInfo.InvariantCulture),
        AllowIndexing = link.AllowIndexing ? "true" : "false",
    };

    /// <summary>The version that the form was rendered from, or the link as it is for a form without it.</summary>
    public LinkForm Before(Link link, TimeZoneInfo zone)
    {
        try
        {
            return string.IsNullOrEmpty(Base) ? ContentOf(link, zone) : JsonSerializer.Deserialize<LinkForm>(Base, Names) ?? ContentOf(link, zone);
        }
        catch (JsonException)
        {
            return ContentOf(link, zone);
        }
    }

    /// <summary>This form's own changes on top of a newer version: what wasn't touched shows the newer values.</summary>
    public LinkForm On(Link link, TimeZoneInfo zone)
    {
        var touched = Changes(Before(link, zone), zone);
        var (mine, theirs) = (JsonSerializer.SerializeToNode(this, Names)!.AsObject(), JsonSerializer.SerializeToNode(Of(link, zone), Names)!.AsObject());
        foreach (var (name, value) in theirs.ToArray())
        {
            if ((Content.Contains(name) && !touched.ContainsKey(name)) || name is "eTag" or "base")
            {
                mine[name] = value?.DeepClone();
            }
        }

        return mine.Deserialize<LinkForm>(Names)!;
    }

    private JsonObject ToJson() =>
        new(JsonSerializer.SerializeToNode(this, Names)!.AsObject().Where(member => Content.Contains(member.Key) && member.Value is not null).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));

    /// <summary>What the API is asked to set: the fields that differ from <paramref name="before"/>. What isn't valid is sent as it is, and refused by its name.</summary>
    /// <param name="before">The link as it is; <see langword="new"/> for a new link.</param>
    /// <param name="zone">The viewer's.</param>
    public JsonObject Changes(LinkForm before, TimeZoneInfo zone)
    {
        var changes = new JsonObject();
        Set("url", Url, before.Url, text => WebAddress.Complete(text));
        Set("code", Code, before.Code, text => text);
        Set("title", Title, before.Title, text => text);
        Set("tags", Tags, before.Tags, text => new JsonArray([.. text.Split([',', '،'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(tag => (JsonNode)tag)]));
        Set("notes", Notes?.ReplaceLineEndings("\n"), before.Notes, text => text);
        Set("activeFrom", ActiveFrom, before.ActiveFrom, text => Instant(text, zone));
        Set("expiresAt", ExpiresAt, before.ExpiresAt, text => Instant(text, zone));
        Set("expiredUrl", ExpiredUrl, before.ExpiredUrl, text => WebAddress.Complete(text));
        Set("maxClicks", MaxClicks, before.MaxClicks, Number);
        Set("forwardQuery", ForwardQuery, before.ForwardQuery, text => text);
        SetAll("utm", Utm.Fields, before.Utm.Fields);
        SetAll("preview", Preview.Fields, before.Preview.Fields);
        SetAll("deepLinks", DeepLinks.Fields, before.DeepLinks.Fields);
        SetList("rules", Rules is null ? null : Json(Rules), Json(before.Rules ?? ""));
        SetList("variants", VariantsShown ? VariantsJson : null, before.VariantsJson);
        SetList("aliases", AliasesShown ? AliasesJson : null, before.AliasesJson);
        Set("redirectType", RedirectType, before.RedirectType, Number);
        Set("cacheSeconds", CacheSeconds, before.CacheSeconds, Number);
        Set("allowIndexing", AllowIndexing, before.AllowIndexing ?? "false", text => text == "true");
        if (RemovePassword)
        {
            changes["password"] = null;
        }
        else if (Password is { Length: > 0 })
        {
            changes["password"] = Password;
        }

        return changes;

        void Set(string name, string? text, string? old, Func<string, JsonNode> json)
        {
            if (text is not null && text.Trim() != (old ?? ""))
            {
                changes[name] = string.IsNullOrWhiteSpace(text) ? null : json(text.Trim());
            }
        }

        void SetList(string name, JsonNode? list, JsonNode? old)
        {
            if (list is not null && !JsonNode.DeepEquals(list, old))
            {
                changes[name] = list is JsonArray { Count: 0 } && name != "aliases" ? null : list;
            }
        }

        // The API replaces these as a whole.
        void SetAll(string name, (string Name, string? Text)[] fields, (string Name, string? Text)[] old)
        {
            if (fields.Zip(old).Any(pair => pair.First.Text is { } text && text.Trim() != (pair.Second.Text ?? "")))
            {
                var given = fields.Where(field => !string.IsNullOrWhiteSpace(field.Text)).Select(field => KeyValuePair.Create(field.Name, (JsonNode?)field.Text!.Trim())).ToArray();
                changes[name] = given.Length == 0 ? null : new JsonObject(given);
            }
        }
    }

    /// <summary>The form's variants without blank rows, so that their places are those in the API's errors.</summary>
    [JsonIgnore]
    public IReadOnlyList<VariantForm> FilledVariants => [.. (Variants ?? []).Where(variant => variant is { IsBlank: false })];

    /// <summary>Whether there are variants whose weights aren't shares of a hundred.</summary>
    [JsonIgnore]
    public bool HasUnevenWeights =>
        FilledVariants is { Count: > 0 } filled
        && filled.All(variant => int.TryParse(variant.Weight, NumberStyles.Integer, CultureInfo.InvariantCulture, out _))
        && filled.Sum(variant => long.Parse(variant.Weight!, NumberStyles.Integer, CultureInfo.InvariantCulture)) != 100;

    private JsonArray VariantsJson => [.. FilledVariants.Select(variant => new JsonObject(
        new[]
        {
            KeyValuePair.Create("weight", string.IsNullOrWhiteSpace(variant.Weight) ? null : Number(variant.Weight.Trim())),
            KeyValuePair.Create("url", string.IsNullOrWhiteSpace(variant.Url) ? null : (JsonNode?)WebAddress.Complete(variant.Url.Trim())),
            KeyValuePair.Create("name", string.IsNullOrWhiteSpace(variant.Name) ? null : (JsonNode?)variant.Name.Trim()),
        }.Where(member => member.Value is not null || member.Key == "weight")))];

    private JsonArray AliasesJson => [.. (Aliases ?? []).Select(alias => (JsonNode?)alias)];

    /// <summary>Weights as percentages, which add up to a hundred (largest remainders).</summary>
    private static List<VariantForm> VariantsOf(Link link)
    {
        var variants = (link.Variants ?? []).Select(variant => (
            Name: TextOf(variant, "name"), Url: TextOf(variant, "url"), Weight: variant.TryGetProperty("weight", out var weight) ? weight.GetInt32() : 1)).ToList();
        var total = variants.Sum(variant => (long)variant.Weight);
        var shares = variants.Select(variant => Math.Max(1, (int)(variant.Weight * 100L / Math.Max(total, 1)))).ToArray();
        var order = Enumerable.Range(0, shares.Length).OrderByDescending(i => (variants[i].Weight * 100.0 / total) - shares[i]).ToArray();
        for (var i = 0; shares.Length > 0 && shares.Sum() != 100; i++)
        {
            shares[order[i % order.Length]] += Math.Sign(100 - shares.Sum());
        }

        return [.. variants.Select((variant, i) => new VariantForm { Name = variant.Name, Url = variant.Url, Weight = shares[i].ToString(CultureInfo.InvariantCulture) })];
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <returns>The text itself if it isn't JSON: the API refuses it by the field's name. Blank is an empty list.</returns>
    private static JsonNode Json(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return new JsonArray();
        }

        try
        {
            return JsonNode.Parse(text) ?? new JsonArray();
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static JsonNode Number(string text) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : text;

    internal static JsonNode Instant(string text, TimeZoneInfo zone)
    {
        if (!DateTime.TryParseExact(text, [LocalTime, LocalTime + ":ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return text;
        }

        // A time that the clocks skip is the same distance after they changed.
        var offset = zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddHours(-1)) : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
    }

    private static string? Local(DateTimeOffset? at, TimeZoneInfo zone) =>
        at is { } instant ? TimeZoneInfo.ConvertTime(instant, zone).ToString(LocalTime, CultureInfo.InvariantCulture) : null;
}
