using LinkShort.Visitors;

namespace LinkShort.Analytics.Enrichment;

/// <summary>A click as it is stored: facts derived from its headers, without the headers.</summary>
/// <param name="At">UTC.</param>
/// <param name="Reason">What decided the class, see <see cref="Classification"/>; null for people.</param>
/// <param name="Referrer">Domain in lower case, or <c>direct</c>.</param>
/// <param name="Language">Primary language subtag, such as <c>de</c>, or <c>Unknown</c>.</param>
/// <param name="Country">ISO 3166-1 alpha-2, or <c>Unknown</c>.</param>
/// <param name="Region">English name; null for unknown.</param>
/// <param name="City">English name, or <c>Unknown</c>.</param>
/// <param name="Geo"><c>country/city</c>, one dimension, because city names are ambiguous without the country.</param>
/// <param name="Variant">Null if the link has no A/B variants.</param>
public readonly record struct EnrichedClick(
    Guid ClickId,
    Guid WorkspaceId,
    Guid LinkId,
    DateTime At,
    long? Visitor,
    ClickClass Class,
    string? Reason,
    string Referrer,
    string Browser,
    string Os,
    string Device,
    string Language,
    string Country,
    string? Region,
    string City,
    string Geo,
    string? Variant)
{
    public const string Unknown = VisitorFacts.Unknown;
}
