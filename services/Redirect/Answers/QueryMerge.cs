using System.Globalization;
using System.Net;
using System.Text;
using LinkShort.Contracts;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Merges parameters into a destination's query. Works on the raw text between the ampersands: parameters that are not replaced are
/// neither decoded nor encoded, so <c>%2B</c>, <c>?a</c>, repeated and valueless parameters and the fragment stay unchanged. Names are
/// decoded only to compare them (as in forms: <c>+</c> is a space).
/// </summary>
public static class QueryMerge
{
    /// <summary>Longest merged URL, in characters. Beyond it the visitor's parameters are dropped: browsers and proxies refuse longer URLs.</summary>
    public const int MaxLength = 8_192;

    /// <summary>Adds the campaign's parameters; each replaces all parameters of its name.</summary>
    public static string WithCampaign(string destination, LinkUtm campaign)
    {
        var parameters = new[]
        {
            ("utm_source", campaign.Source), ("utm_medium", campaign.Medium), ("utm_campaign", campaign.Campaign),
            ("utm_term", campaign.Term), ("utm_content", campaign.Content),
        };
        return Merge(
            destination,
            [.. parameters.Where(parameter => parameter.Item2 is not null).Select(parameter => $"{parameter.Item1}={Uri.EscapeDataString(parameter.Item2!)}")],
            addedWin: true);
    }

    /// <param name="query">The visitor's query as sent, without the question mark.</param>
    /// <param name="visitorWins">Whether the visitor's parameters replace the destination's of the same name, or the other way round.</param>
    /// <returns>The same instance if there is nothing to merge.</returns>
    public static string WithVisitors(string destination, ReadOnlySpan<char> query, bool visitorWins)
    {
        if (query.Length + destination.Length > MaxLength)
        {
            return destination;
        }

        var merged = Merge(destination, Segments(Clean(query)), visitorWins);
        return merged.Length > MaxLength ? destination : merged;
    }

    private static string Merge(string destination, string[] added, bool addedWin)
    {
        var fragmentAt = destination.IndexOf('#', StringComparison.Ordinal);
        var fragment = fragmentAt < 0 ? "" : destination[fragmentAt..];
        var front = fragmentAt < 0 ? destination : destination[..fragmentAt];
        var queryAt = front.IndexOf('?', StringComparison.Ordinal);
        var query = queryAt < 0 ? "" : front[(queryAt + 1)..];

        if (addedWin)
        {
            var names = added.Select(NameOf).ToHashSet(StringComparer.Ordinal);
            var own = query.Split('&');
            var kept = own.Where(segment => segment.Length == 0 || !names.Contains(NameOf(segment))).ToArray();
            query = kept.Length == own.Length ? query : string.Join('&', kept);
        }
        else
        {
            var names = Segments(query).Select(NameOf).ToHashSet(StringComparer.Ordinal);
            added = [.. added.Where(segment => !names.Contains(NameOf(segment)))];
        }

        if (added.Length == 0)
        {
            return destination;
        }

        var separator = query.Length == 0 || query.EndsWith('&') ? "" : "&";
        return $"{(queryAt < 0 ? front : front[..queryAt])}?{query}{separator}{string.Join('&', added)}{fragment}";
    }

    private static string[] Segments(string query) => query.Split('&', StringSplitOptions.RemoveEmptyEntries);

    private static string NameOf(string segment)
    {
        var equals = segment.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? segment : segment[..equals];
        return name.AsSpan().ContainsAny('%', '+') ? WebUtility.UrlDecode(name) : name;
    }

    /// <summary>Percent-encodes characters that a header field can't carry, and <c>#</c>; everything else stays as sent.</summary>
    private static string Clean(ReadOnlySpan<char> query)
    {
        if (!query.ContainsAnyExceptInRange('\x21', '\x7E') && !query.Contains('#'))
        {
            return query.ToString();
        }

        var clean = new StringBuilder(query.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in query.EnumerateRunes())
        {
            if (rune.Value is > 0x20 and < 0x7F and not '#')
            {
                clean.Append((char)rune.Value);
                continue;
            }

            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            {
                clean.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
            }
        }

        return clean.ToString();
    }
}
