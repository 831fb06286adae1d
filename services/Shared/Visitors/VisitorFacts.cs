namespace LinkShort.Visitors;

/// <summary>Words that everything said of a visitor shares.</summary>
public static class VisitorFacts
{
    /// <summary>What stands where neither a header nor an address says anything.</summary>
    public const string Unknown = "Unknown";
}
