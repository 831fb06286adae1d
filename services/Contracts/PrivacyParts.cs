namespace LinkShort.Contracts;

/// <summary>Which services hold something about people: whom an export and an erasure wait for.</summary>
public static class PrivacyParts
{
    /// <summary>Redirect has only copies of what links exports.</summary>
    public static readonly IReadOnlyList<string> Exporting = ["analytics", "identity", "links", "notification"];

    public static readonly IReadOnlyList<string> Erasing = ["analytics", "identity", "links", "notification", "redirect"];
}
