namespace LinkShort.Analytics.Rollups;

/// <summary>What clicks are broken down by. The names are those of the stored JSON.</summary>
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

    /// <summary>Of an A/B test; nothing for links without.</summary>
    Variant,
}
