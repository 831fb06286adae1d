namespace LinkShort.Visitors;

/// <summary>Constants shared by all facts about visitors.</summary>
public static class VisitorFacts
{
    /// <summary>The value of a fact that is not known.</summary>
    public const string Unknown = "Unknown";
}
