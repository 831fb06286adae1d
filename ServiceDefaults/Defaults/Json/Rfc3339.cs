using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LinkShort.ServiceDefaults.Json;

/// <summary>
/// Times of RFC 3339 (5.6), the <c>date-time</c> of JSON Schema, in bodies as in queries: with an offset, <c>T</c> and <c>Z</c> in any letter
/// case, and a fraction of any length, which is truncated to 100 ns.
/// </summary>
public static class Rfc3339
{
    /// <summary>The error of a text that is no such time.</summary>
    public const string Rule = "Must be a time with its offset from UTC, such as 2026-11-21T08:30:00Z or 2026-11-21T09:30:00+01:00.";

    private static readonly long MaxTicks = DateTime.MaxValue.Ticks;

    // 2026-11-21T08:30:00
    private const int SecondsEnd = 19;

    /// <param name="time">In UTC.</param>
    /// <param name="error">States the rule, for the caller.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time, [NotNullWhen(false)] out string? error)
    {
        time = default;
        error = null;
        if (text.Length <= SecondsEnd || !Matches(text[..SecondsEnd]))
        {
            error = Rule;
            return false;
        }

        if (text[17] == '6' && text[18] == '0')
        {
            error = "A leap second (:60) can't be stored. Use :59, or the start of the next minute.";
            return false;
        }

        var rest = text[SecondsEnd..];
        var fraction = 0L;
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits < 1)
            {
                error = Rule;
                return false;
            }

            for (var i = 0; i < 7; i++)
            {
                fraction = (fraction * 10) + (i < digits ? rest[1 + i] - '0' : 0);
            }

            rest = rest[(1 + digits)..];
        }

        if (!TryReadOffset(rest, out var offset)
            || !DateTime.TryParseExact(
                string.Concat(text[..10], "T", text[11..SecondsEnd]), "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || local.Ticks + fraction - offset.Ticks < 0 || local.Ticks + fraction - offset.Ticks > MaxTicks)
        {
            error = Rule;
            return false;
        }

        time = new DateTimeOffset(local.Ticks + fraction - offset.Ticks, TimeSpan.Zero);
        return true;
    }

    private static bool Matches(ReadOnlySpan<char> text)
    {
        const string Form = "0000-00-00T00:00:00";
        for (var i = 0; i < Form.Length; i++)
        {
            if (Form[i] switch
            {
                '0' => !char.IsAsciiDigit(text[i]),
                'T' => text[i] is not ('T' or 't'),
                _ => text[i] != Form[i],
            })
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = default;
        if (text is "Z" or "z")
        {
            return true;
        }

        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':'
            || !int.TryParse(text[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(text[4..], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            || hours > 23 || minutes > 59)
        {
            return false;
        }

        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return true;
    }
}
