using System.Text;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Links.Domain;

/// <summary>Validates and normalizes the fields of a request; errors are reported under the JSON names.</summary>
internal static class LinkInput
{
    public const int DefaultRedirectType = 302;
    public const int MaxTitle = 255;
    public const int MaxNotes = 2000;
    public const int MaxTags = 20;
    public const int MaxTag = 50;
    public const int MaxAliases = 50;

    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string? Title(string? text, ValidationErrors errors) => Text("title", text, MaxTitle, lines: false, errors);

    public static string? Notes(string? text, ValidationErrors errors) => Text("notes", text, MaxNotes, lines: true, errors);

    /// <summary>What separates tags where people type them. A tag of before they were refused can still be removed.</summary>
    private static readonly char[] TagSeparators = [',', '،'];

    /// <returns>Without duplicates (ignoring case, the first spelling wins), in the given order.</returns>
    public static string[] Tags(IReadOnlyList<string?>? tags, ValidationErrors errors, string name = "tags")
    {
        if (tags is null)
        {
            return [];
        }

        if (tags.Count > MaxTags)
        {
            errors.Add(name, LinksTexts.Of("fields.maxTags", ("max", MaxTags)));
            return [];
        }

        var kept = new List<string>(tags.Count);
        for (var i = 0; i < tags.Count; i++)
        {
            var field = $"{name}[{i}]";
            if (Text(field, tags[i], MaxTag, lines: false, errors) is { } tag)
            {
                if (name != "removeTags" && tag.AsSpan().ContainsAny(TagSeparators))
                {
                    errors.Add(field, LinksTexts.Of("fields.tagComma"));
                }
                else if (!kept.Contains(tag, StringComparer.OrdinalIgnoreCase))
                {
                    kept.Add(tag);
                }
            }
            else if (string.IsNullOrWhiteSpace(tags[i]))
            {
                errors.Add(field, LinksTexts.Of("fields.emptyTag"));
            }
        }

        return [.. kept];
    }

    /// <param name="present">The link's current aliases.</param>
    /// <param name="keyOf">See <see cref="CodeKeys"/>: an alias may be spelled in any way that leads to it.</param>
    /// <returns>The current aliases that are kept, in their order.</returns>
    public static string[] Aliases(IReadOnlyList<string?>? wanted, string[] present, Func<string, string> keyOf, ValidationErrors errors)
    {
        if (wanted is null)
        {
            return [];
        }

        if (wanted.Count > MaxAliases)
        {
            errors.Add("aliases", LinksTexts.Of("codes.maxAliases", ("max", MaxAliases)));
            return present;
        }

        var kept = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < wanted.Count; i++)
        {
            if (!Slug.TryParse(wanted[i], out var alias, out _) || !present.Any(each => keyOf(each) == keyOf(alias.Value)))
            {
                errors.Add($"aliases[{i}]", LinksTexts.Of("codes.notAnAlias"));
            }
            else
            {
                kept.Add(keyOf(alias.Value));
            }
        }

        return [.. present.Where(each => kept.Contains(keyOf(each)))];
    }

    public static int RedirectType(int? type, ValidationErrors errors)
    {
        if (type is not (null or 301 or 302 or 307 or 308))
        {
            errors.Add("redirectType", FieldRules.OneOf("301", "302", "307", "308"));
        }

        return type ?? DefaultRedirectType;
    }

    /// <returns>Truncated to microseconds, the precision of the database.</returns>
    public static DateTimeOffset? Time(string field, DateTimeOffset? time, ValidationErrors errors)
    {
        if (time is not { } value)
        {
            return null;
        }

        if (value < Earliest || value >= Latest)
        {
            errors.Add(field, LinksTexts.Of("fields.years"));
            return null;
        }

        return value.ToMicroseconds();
    }

    public static void Window(DateTimeOffset? activeFrom, DateTimeOffset? expiresAt, ValidationErrors errors)
    {
        if (activeFrom >= expiresAt)
        {
            errors.Add("expiresAt", LinksTexts.Of("fields.window"));
        }
    }

    /// <summary>Validates every URL that visitors are redirected to or shown: the link's own and those of its behaviour.</summary>
    /// <returns>Byte for byte as received; empty if it is invalid.</returns>
    public static string Destination(string field, string? text, DestinationPolicy policy, ValidationErrors errors)
    {
        if (TargetUrl.TryParse(text, policy, out var url, out var error))
        {
            return url.Value;
        }

        errors.Add(field, error);
        return "";
    }

    /// <returns>Trimmed and in normalization form C; null for blank text.</returns>
    public static string? Text(string field, string? text, int maxLength, bool lines, ValidationErrors errors)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        // Checked before normalization, which is expensive for huge texts and shortens only by a small factor.
        if (text.Length > 8 * maxLength)
        {
            errors.Add(field, FieldRules.MaxCharacters(maxLength));
            return null;
        }

        if (!Slug.IsWellFormed(text) || text.Any(character => char.IsControl(character) && !(lines && character is '\n' or '\r' or '\t')))
        {
            errors.Add(field, LinksTexts.Of(lines ? "fields.controlsInLines" : "fields.controls"));
            return null;
        }

        var kept = text.Trim().Normalize(NormalizationForm.FormC);
        if (Characters.Exceed(kept, maxLength))
        {
            errors.Add(field, FieldRules.MaxCharacters(maxLength));
            return null;
        }

        return kept;
    }
}
