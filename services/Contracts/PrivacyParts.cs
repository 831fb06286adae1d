namespace LinkShort.Contracts;

/// <summary>The services with personal data, which exports and erasures wait for.</summary>
public static class PrivacyParts
{
    /// <summary>Without redirect, which only has copies of what links exports.</summary>
    public static readonly IReadOnlyList<string> Exporting = ["analytics", "identity", "links", "notification"];

    public static readonly IReadOnlyList<string> Erasing = ["analytics", "identity", "links", "notification", "redirect"];
}
