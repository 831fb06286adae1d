using System.Text.Json;
using System.Text.Json.Serialization;
using LinkShort.Contracts;

namespace LinkShort.Web.Api;

/// <summary>The API's responses as far as pages use them. Other fields are omitted on purpose.</summary>
public sealed record Link(
    Guid Id,
    string Code,
    string ShortUrl,
    string Url,
    string? Title,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long Version,
    long Clicks)
{
    public string? Notes { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public int RedirectType { get; init; } = 302;

    public DateTimeOffset? ActiveFrom { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public string? ExpiredUrl { get; init; }

    public long? MaxClicks { get; init; }

    public bool UsedUp { get; init; }

    public bool HasPassword { get; init; }

    public string? ForwardQuery { get; init; }

    public LinkUtm? Utm { get; init; }

    public LinkPreview? Preview { get; init; }

    public LinkDeepLinks? DeepLinks { get; init; }

    public int? CacheSeconds { get; init; }

    public bool AllowIndexing { get; init; }

    public IReadOnlyList<JsonElement>? Rules { get; init; }

    public IReadOnlyList<JsonElement>? Variants { get; init; }

    public IReadOnlyList<string>? Aliases { get; init; }

    public bool Archived { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? RestorableUntil { get; init; }

    public Guid? CreatedBy { get; init; }

    /// <summary>From the response header. Sent back with a change, so that no concurrent change is overwritten.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }

    /// <summary>The short URL without its scheme.</summary>
    public string ShortText => WithoutScheme(ShortUrl);

    public string Destination => WithoutScheme(Url);

    /// <summary>The link's name in headings.</summary>
    public string Name => string.IsNullOrWhiteSpace(Title) ? ShortText : Title;

    public string HostOfDestination => Uri.TryCreate(Url, UriKind.Absolute, out var uri) ? uri.IdnHost : Url;

    private static string WithoutScheme(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        var text = start < 0 ? url : url[(start + 3)..];
        return text.EndsWith('/') ? text[..^1] : text;
    }
}

/// <summary>A page of a list; <see cref="NextCursor"/> is null on the last one.</summary>
public sealed record PageOf<T>(IReadOnlyList<T> Items, string? NextCursor);

public sealed record Totals(long Clicks, long Visitors, long BotClicks);

public sealed record TrendPoint(DateTimeOffset Start, long Clicks, long Visitors, long BotClicks);

public sealed record NamedCount(string Name, long Clicks);

/// <param name="Trend">Without gaps, oldest first.</param>
/// <param name="TopReferrers">By domain; <c>direct</c> without a referrer.</param>
/// <param name="Geo">Clicks by country (ISO 3166 code, or Unknown) and city.</param>
/// <param name="Languages">Of visitors' browsers: ISO 639 codes, or unknown.</param>
public sealed record Analytics(
    Totals Totals,
    IReadOnlyList<TrendPoint> Trend,
    IReadOnlyList<NamedCount>? TopReferrers,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>>? Geo,
    IReadOnlyList<NamedCount>? Devices,
    IReadOnlyList<NamedCount>? Browsers,
    IReadOnlyList<NamedCount>? Os = null,
    IReadOnlyList<NamedCount>? Languages = null,
    IReadOnlyList<NamedCount>? Variants = null);

/// <param name="UserId">The creator, in whose name it acts.</param>
/// <param name="AllowedNetworks">CIDRs that it may be used from; null for no restriction.</param>
/// <param name="RotatedTo">The key that replaces it.</param>
public sealed record ApiKey(
    Guid Id,
    string Name,
    IReadOnlyList<string>? Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt,
    string? Prefix,
    Guid UserId = default,
    IReadOnlyList<string>? AllowedNetworks = null,
    Guid? RotatedTo = null)
{
    /// <summary>From the response header. Sent back with a change, so that no concurrent change is overwritten.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}

public sealed record NewApiKey(
    string Name,
    IReadOnlyList<string> Scopes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? AllowedNetworks);

/// <summary>A new key: the only response that contains <see cref="Key"/>.</summary>
/// <param name="OldKeyExpiresAt">When the previous key expires; null unless it was rotated.</param>
public sealed record CreatedApiKey(Guid Id, string Name, string Key, DateTimeOffset? OldKeyExpiresAt = null);
