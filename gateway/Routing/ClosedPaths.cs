namespace LinkShort.Gateway.Routing;

/// <summary>
/// First path segments that exist inside only, or that the gateway answers itself. Routing takes care of the plain spellings;
/// this is for what only looks like another path to it (<c>//internal</c>, <c>/internal%2Fx</c>, <c>/\internal</c>), and would
/// otherwise be a short code.
/// </summary>
internal static class ClosedPaths
{
    private static readonly string[] Segments = ["internal", "openapi", "alive", "health", "api"];

    public static bool Contains(string path)
    {
        // One pass over nearly every short code: no percent sign, no second slash in front.
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
