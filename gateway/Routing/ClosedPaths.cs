namespace LinkShort.Gateway.Routing;

/// <summary>
/// First path segments that are internal, or that the gateway serves itself. Routing handles their plain spellings; this handles
/// paths that only look different (<c>//internal</c>, <c>/internal%2Fx</c>, <c>/\internal</c>) and would otherwise be treated as
/// short codes.
/// </summary>
internal static class ClosedPaths
{
    private static readonly string[] Segments = ["internal", "openapi", "alive", "health", "api"];

    public static bool Contains(string path)
    {
        // A single pass for nearly every short code: no percent sign, no second leading slash.
        var start = path.AsSpan().TrimStart(Separators);
        if (start.Contains('%'))
        {
            return IsClosed(Uri.UnescapeDataString(path).AsSpan().TrimStart(Separators));
        }

        return IsClosed(start);
    }

    private static bool IsClosed(ReadOnlySpan<char> path)
    {
        var end = path.IndexOfAny(Separators);
        var first = end < 0 ? path : path[..end];
        foreach (var segment in Segments)
        {
            if (first.Equals(segment, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<char> Separators => ['/', '\\'];
}
