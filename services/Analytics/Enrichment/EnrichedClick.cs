using LinkShort.Visitors;

namespace LinkShort.Analytics.Enrichment;

/// <summary>A click as it is stored: what was learned from its headers, without the headers.</summary>
/// <param name="At">UTC.</param>
/// <param name="Referrer">Domain in lower case, or <c>direct</c>.</param>
/// <param name="Language">Primary language subtag, such as <c>de</c>, or <c>Unknown</c>.</param>
public sealed record EnrichedClick(
    Guid ClickId,
    Guid WorkspaceId,
    Guid LinkId,
    DateTime At,
    long? Visitor,
    ClickClass Class,
    string Referrer,
    string Browser,
    string Os,
    string Device,
    string Language,
    string Country,
    string City)
{
    public const string Unknown = VisitorFacts.Unknown;

    /// <summary><c>country/city</c>, the value of one dimension: a city means nothing without its country.</summary>
    public string Geo => Country == Unknown && City == Unknown ? UnknownGeo : Country + "/" + City;

    private const string UnknownGeo = Unknown + "/" + Unknown;
}
