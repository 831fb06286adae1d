using System.Globalization;
using System.Text.Json.Nodes;
using LinkShort.Web.Api;

namespace LinkShort.Web.Links;

/// <summary>
/// The fields of a link as people fill them in. Null: the form didn't have the field, so it is not changed. Empty: no value.
/// </summary>
public sealed class LinkForm
{
    private const string LocalTime = "yyyy-MM-ddTHH:mm";

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
    public UtmForm Utm { get; init => field = value ?? new(); } = new();

    public PreviewForm Preview { get; init => field = value ?? new(); } = new();

    public DeepLinksForm DeepLinks { get; init => field = value ?? new(); } = new();

    public string? RedirectType { get; init; }

    public string? CacheSeconds { get; init; }

    public string? AllowIndexing { get; init; }

    /// <summary>Of the version that the form showed; for changes only.</summary>
    public string? ETag { get; init; }

    public sealed class UtmForm
    {
        public string? Source { get; init; }

        public string? Medium { get; init; }

        public string? Campaign { get; init; }

        public string? Term { get; init; }

        public string? Content { get; init; }

        internal (string Name, string? Text)[] Fields => [("source", Source), ("medium", Medium), ("campaign", Campaign), ("term", Term), ("content", Content)];
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
    public static LinkForm Of(Link link, TimeZoneInfo zone) => new()
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
        RedirectType = link.RedirectType.ToString(CultureInfo.InvariantCulture),
        CacheSeconds = link.CacheSeconds?.ToString(CultureInfo.InvariantCulture),
        AllowIndexing = link.AllowIndexing ? "true" : "false",
        ETag = link.ETag,
    };

    /// <summary>What the API is asked to set: the fields that differ from <paramref name="before"/>. What isn't valid is sent as it is, and refused by its name.</summary>
    /// <param name="before">The link as it is; <see langword="new"/> for a new link.</param>
    /// <param name="zone">The viewer's.</param>
    public JsonObject Changes(LinkForm before, TimeZoneInfo zone)
    {
        var changes = new JsonObject();
        Set("url", Url, before.Url, text => text);
        Set("code", Code, before.Code, text => text);
        Set("title", Title, before.Title, text => text);
        Set("tags", Tags, before.Tags, text => new JsonArray([.. text.Split([',', '،'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(tag => (JsonNode)tag)]));
        Set("notes", Notes?.ReplaceLineEndings("\n"), before.Notes, text => text);
        Set("activeFrom", ActiveFrom, before.ActiveFrom, text => Instant(text, zone));
        Set("expiresAt", ExpiresAt, before.ExpiresAt, text => Instant(text, zone));
        Set("expiredUrl", ExpiredUrl, before.ExpiredUrl, text => text);
        Set("maxClicks", MaxClicks, before.MaxClicks, Number);
        Set("forwardQuery", ForwardQuery, before.ForwardQuery, text => text);
        SetAll("utm", Utm.Fields, before.Utm.Fields);
        SetAll("preview", Preview.Fields, before.Preview.Fields);
        SetAll("deepLinks", DeepLinks.Fields, before.DeepLinks.Fields);
        Set("redirectType", RedirectType, before.RedirectType, Number);
        Set("cacheSeconds", CacheSeconds, before.CacheSeconds, Number);
        Set("allowIndexing", AllowIndexing, before.AllowIndexing, text => text == "true");
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

    private static JsonNode Number(string text) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : text;

    private static JsonNode Instant(string text, TimeZoneInfo zone)
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
