using System.Text.Json.Serialization;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Behavior;

/// <summary>
/// The fields of a link beyond the plain redirect, for POST and PATCH. Nested values have the form that is sent to redirect, and each is
/// replaced as a whole.
/// </summary>
public abstract record BehaviorFields : MergePatch
{
    public string? ExpiredUrl { get; init => field = Given(value); }

    public long? MaxClicks { get; init => field = Given(value); }

    public string? Password { get; init => field = Given(value); }

    [JsonConverter(typeof(ForwardQueryConverter))]
    public string? ForwardQuery { get; init => field = Given(value); }

    public LinkUtm? Utm { get; init => field = Given(value); }

    public IReadOnlyList<LinkRule?>? Rules { get; init => field = Given(value); }

    public IReadOnlyList<LinkVariant?>? Variants { get; init => field = Given(value); }

    public LinkPreview? Preview { get; init => field = Given(value); }

    public LinkDeepLinks? DeepLinks { get; init => field = Given(value); }

    public int? CacheSeconds { get; init => field = Given(value); }

    public bool? AllowIndexing { get; init => field = Given(value); }
}
