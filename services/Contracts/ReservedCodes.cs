namespace LinkShort.Contracts;

/// <summary>First path segments that the gateway routes itself; they can never be short codes.</summary>
public static class ReservedCodes
{
    /// <summary>Compared without regard to case: a code that differs from a route only by case would confuse people.</summary>
    public static readonly System.Collections.Frozen.FrozenSet<string> All = System.Collections.Frozen.FrozenSet.ToFrozenSet(
    [
        "admin", "alive", "api", "app", "assets", "billing", "design", "favicon.ico", "health", "internal", "legal", "openapi", "pricing",
        "problems", "robots.txt", "sitemap.xml", ".well-known",
    ], StringComparer.OrdinalIgnoreCase);
}
