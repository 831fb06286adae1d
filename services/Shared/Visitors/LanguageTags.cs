using System.Collections.Frozen;

namespace LinkShort.Visitors;

/// <summary>
/// Compares BCP 47 tags as people expect: codes that replaced each other are equal, and the script that a tag implies counts as given. Codes and
/// implied scripts are from Unicode's CLDR (supplementalMetadata.xml, likelySubtags.xml).
/// </summary>
public static class LanguageTags
{
    // Browsers, phones and older Java still send the old ones. no means Bokmål, unless a rule asks for all of Norwegian.
    private static readonly FrozenDictionary<string, string> Current = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["iw"] = "he", ["in"] = "id", ["ji"] = "yi", ["jw"] = "jv", ["mo"] = "ro", ["tl"] = "fil", ["nb"] = "no", ["cmn"] = "zh",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string> ScriptOf = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["zh"] = "Hans", ["zh-TW"] = "Hant", ["zh-HK"] = "Hant", ["zh-MO"] = "Hant", ["yue"] = "Hant", ["sr"] = "Cyrl", ["sr-ME"] = "Latn",
        ["bs"] = "Latn", ["uz"] = "Latn", ["uz-AF"] = "Arab", ["az"] = "Latn", ["az-IR"] = "Arab", ["pa"] = "Guru", ["pa-PK"] = "Arab",
        ["kk"] = "Cyrl", ["kk-CN"] = "Arab", ["ky"] = "Cyrl", ["mn"] = "Cyrl", ["mn-CN"] = "Mong", ["tg"] = "Cyrl", ["ku"] = "Latn", ["ku-IQ"] = "Arab",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <returns>The current code of a primary subtag: <c>he</c> for <c>iw</c>, <c>no</c> for <c>nb</c>. In lower case.</returns>
    public static string CurrentOf(string language)
    {
        ArgumentNullException.ThrowIfNull(language);
        return Current.GetValueOrDefault(language) ?? language.ToLowerInvariant();
    }

    /// <summary>
    /// Whether a tag falls into a range: extended filtering of RFC 4647 (3.3.2) on tags with their implied scripts. <c>de</c> takes in
    /// <c>de-AT</c>, not the other way round; <c>zh-Hant</c> takes in <c>zh-TW</c>, and <c>zh-TW</c> takes in <c>zh-Hant</c>, whose usual region it is.
    /// </summary>
    public static bool IsIn(in ParsedTag given, in ParsedTag wanted)
    {
        if (wanted.Language != given.Language && !(wanted.Language == "no" && !wanted.IsBokmal && given.Language == "nn"))
        {
            return false;
        }

        return (wanted.Script is null || Equal(wanted.Script, given.Script ?? given.ImpliedScript))
            && (wanted.Region is null || Equal(wanted.Region, given.Region ?? ImpliedRegion(given)))
            && ContainsInOrder(given.Others, wanted.Others);
    }

    private static string? ImpliedScript(string language, string? region) =>
        region is not null && ScriptOf.TryGetValue($"{language}-{region}", out var script) ? script : ScriptOf.GetValueOrDefault(language);

    /// <summary>Of Chinese only: for other languages a script says nothing about a region.</summary>
    private static string? ImpliedRegion(in ParsedTag tag) =>
        tag.Language != "zh" || tag.Script is null ? null : Equal(tag.Script, "Hant") ? "TW" : Equal(tag.Script, "Hans") ? "CN" : null;

    public static ParsedTag Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('-');
        var at = 1;
        var language = parts[0];
        // zh-yue is yue (RFC 5646, 2.2.2).
        while (at < parts.Length && parts[at].Length == 3 && parts[at].All(char.IsAsciiLetter))
        {
            language = parts[at++];
        }

        var script = at < parts.Length && parts[at].Length == 4 && char.IsAsciiLetter(parts[at][0]) ? parts[at++] : null;
        var region = at < parts.Length && (parts[at].Length == 2 || (parts[at].Length == 3 && parts[at].All(char.IsAsciiDigit))) ? parts[at++] : null;
        var current = CurrentOf(language);
        return new ParsedTag(current, Equal(language, "nb"), script, ImpliedScript(current, region), region, parts[at..]);
    }

    private static bool ContainsInOrder(string[] given, string[] wanted)
    {
        var found = 0;
        foreach (var subtag in given)
        {
            if (found < wanted.Length && Equal(subtag, wanted[found]))
            {
                found++;
            }
        }

        return found == wanted.Length;
    }

    private static bool Equal(string? a, string? b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A language tag or range, parsed once for many comparisons.</summary>
/// <param name="Language">Current code of the primary subtag, in lower case.</param>
/// <param name="IsBokmal">The tag says <c>nb</c>, not <c>no</c>.</param>
/// <param name="Others">Variants and extensions.</param>
public readonly record struct ParsedTag(string Language, bool IsBokmal, string? Script, string? ImpliedScript, string? Region, string[] Others);
