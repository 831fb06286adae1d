namespace LinkShort.Analytics.Rollups;

/// <summary>The dimensions of the breakdowns. Their names are those in the stored JSON.</summary>
public enum Dimension
{
    Referrer,
    Browser,
    Os,
    Device,
    Language,

    /// <summary><c>country/city</c>.</summary>
    Geo,

    /// <summary><see cref="LinkShort.Visitors.ClickClass"/>; bots are counted in this one and <see cref="Reason"/> only.</summary>
    Class,

    /// <summary>A/B variant; empty for links without variants.</summary>
    Variant,

    /// <summary>What decided the class of clicks that are not people's, see <see cref="LinkShort.Visitors.Classification"/>.</summary>
    Reason,
}
