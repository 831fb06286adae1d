using Microsoft.AspNetCore.Http;

namespace LinkShort.Visitors;

/// <summary>
/// The request headers by which browsers say that they load a page in advance: <c>Sec-Purpose: prefetch;prerender</c>
/// (https://wicg.github.io/nav-speculation/prefetch.html), <c>Purpose: prefetch</c> (Chrome), <c>X-Moz: prefetch</c> (Firefox),
/// <c>X-Purpose: preview</c> (Safari, Bing and old Chrome).
/// </summary>
public static class Purposes
{
    private static readonly string[] Names = ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"];

    /// <summary>Longest value that is recorded with a click.</summary>
    public const int MaxLength = 64;

    /// <returns>The value that makes the request a prefetch; otherwise the first value, if any.</returns>
    public static string? Of(IHeaderDictionary headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        string? first = null;
        foreach (var name in Names)
        {
            foreach (var value in headers[name])
            {
                if (IsPrefetch(value))
                {
                    // The purpose may come after what is recorded.
                    return value!.Length <= MaxLength ? value : "prefetch";
                }

                first ??= value;
            }
        }

        return first;
    }

    /// <summary>
    /// Whether one of the header's items, without its parameters, is a known purpose. Parameters are no purpose: in
    /// <c>navigate;from=preview</c> a person follows the link.
    /// </summary>
    internal static bool IsPrefetch(string? value)
    {
        var items = value.AsSpan();
        foreach (var range in items.Split(','))
        {
            var item = items[range];
            var end = item.IndexOf(';');
            var token = (end < 0 ? item : item[..end]).Trim(" \t\":");
            if (token.Equals("prefetch", StringComparison.OrdinalIgnoreCase)
                || token.Equals("prerender", StringComparison.OrdinalIgnoreCase)
                || token.Equals("preview", StringComparison.OrdinalIgnoreCase)
                || token.Equals("instant", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
