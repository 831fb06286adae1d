namespace LinkShort.Contracts;

/// <summary>The services with personal data, which exports and erasures wait for.</summary>
public static class PrivacyParts
{
    /// <summary>Without redirect, which only has copies of what links exports.</summary>
    public static readonly IReadOnlyList<string> Exporting = ["analytics", "billing", "identity", "links", "notification"];

    public static readonly IReadOnlyList<string> Erasing = ["analytics", "billing", "identity", "links", "notification", "redirect"];
}
