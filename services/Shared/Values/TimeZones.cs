using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace LinkShort.Values;

/// <summary>Time zones by the IANA names that users send.</summary>
public static partial class TimeZones
{
    private const int MaxName = 64;

    /// <summary>
    /// The name becomes part of a file path, and every zone that is found stays in memory: its form is checked first, so that neither paths nor
    /// the other spellings of a name (<c>posix/…</c>, <c>Europe//Berlin</c>) are looked up.
    /// </summary>
    public static bool TryFind([NotNullWhen(true)] string? name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        return name is { Length: <= MaxName } && Name().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone) && zone.HasIanaId;
    }

    [GeneratedRegex(@"\A(?!posix/|right/)[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
