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

    /// <summary><see cref="LinkShort.Visitors.ClickClass"/>; the only one in which bots are counted.</summary>
    Class,

    /// <summary>A/B variant; empty for links without variants.</summary>
    Variant,
}
