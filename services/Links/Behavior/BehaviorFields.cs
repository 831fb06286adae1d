using System.Text.Json.Serialization;
using LinkShort.Contracts;

namespace LinkShort.Links.Behavior;

/// <summary>
/// What makes a link more than a plain redirect, as POST and PATCH take it. Nested values are in the form in which redirect gets
/// them; each is replaced as a whole. Knows which fields the body had, null or not.
/// </summary>
public abstract record BehaviorFields
{
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    public string? ExpiredUrl { get; init => field = Given(nameof(ExpiredUrl), value); }

    public long? MaxClicks { get; init => field = Given(nameof(MaxClicks), value); }

    public string? Password { get; init => field = Given(nameof(Password), value); }

    [JsonConverter(typeof(ForwardQueryConverter))]
    public string? ForwardQuery { get; init => field = Given(nameof(ForwardQuery), value); }

    public LinkUtm? Utm { get; init => field = Given(nameof(Utm), value); }

    public IReadOnlyList<LinkRule?>? Rules { get; init => field = Given(nameof(Rules), value); }

    public IReadOnlyList<LinkVariant?>? Variants { get; init => field = Given(nameof(Variants), value); }

    public LinkPreview? Preview { get; init => field = Given(nameof(Preview), value); }

    public LinkDeepLinks? DeepLinks { get; init => field = Given(nameof(DeepLinks), value); }

    public int? CacheSeconds { get; init => field = Given(nameof(CacheSeconds), value); }

    public bool? AllowIndexing { get; init => field = Given(nameof(AllowIndexing), value); }

    internal bool Has(string property) => _given.Contains(property);

    // The serializer sets what is there in the body, null or not, and nothing else.
    private protected T Given<T>(string property, T value)
    {
        _given.Add(property);
        return value;
    }
}
