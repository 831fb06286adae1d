using System.Globalization;

namespace LinkShort.Visitors;

/// <summary>The visitor's preferred language (RFC 9110, 12.5.4).</summary>
public static class Languages
{
    /// <summary>RFC 5646, 4.4.1. Longer ones are nobody's language.</summary>
    private const int MaxTag = 35;

    /// <returns>
    /// Primary subtag of the best tag, such as <c>de</c> for <c>de-AT,de;q=0.9,en;q=0.5</c>, by its current code (<c>he</c> for <c>iw</c>);
    /// <c>Unknown</c> for none.
    /// </returns>
    public static string PrimaryOf(string? acceptLanguage)
    {
        var tag = Best(acceptLanguage);
        return tag.IsEmpty ? VisitorFacts.Unknown : LanguageTags.CurrentOf(Primary(tag).ToString());
    }

    /// <returns>The best tag, such as <c>de-AT</c>, in its original case; null for none.</returns>
    public static string? BestOf(string? acceptLanguage) => Best(acceptLanguage) is { IsEmpty: false } tag ? tag.ToString() : null;

    private static ReadOnlySpan<char> Best(string? acceptLanguage)
    {
        var best = ReadOnlySpan<char>.Empty;
        var bestWeight = 0.0;
        var header = acceptLanguage.AsSpan();
        foreach (var range in header.Split(','))
        {
            var item = header[range];
            var parameters = item.IndexOf(';');
            var tag = (parameters < 0 ? item : item[..parameters]).Trim();
            var subtag = Primary(tag);
            var weight = parameters < 0 ? 1.0 : WeightOf(item[(parameters + 1)..].Trim());
            if (weight > bestWeight && tag.Length <= MaxTag && subtag.Length is 2 or 3 && IsLetters(subtag))
            {
                best = tag;
                bestWeight = weight;
            }
        }

        return best;
    }

    private static ReadOnlySpan<char> Primary(ReadOnlySpan<char> tag) => tag.IndexOf('-') is var dash and >= 0 ? tag[..dash] : tag;

    private static double WeightOf(ReadOnlySpan<char> parameter) =>
        parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
        && double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight)
            ? Math.Min(weight, 1)
            : 0;

    private static bool IsLetters(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiLetter(character))
            {
                return false;
            }
        }

        return true;
    }
}
