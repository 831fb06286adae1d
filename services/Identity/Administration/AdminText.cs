using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Identity.Administration;

/// <summary>Validates operators' input.</summary>
internal static class AdminText
{
    public const int MaxReason = 500;

    private const int MaxSearch = 200;

    /// <summary>Required for the audit log.</summary>
    public static string Reason(string? reason, ValidationErrors errors)
    {
        var text = reason?.Trim() ?? "";
        if (text.Length == 0 || Characters.Exceed(text, MaxReason) || text.Any(char.IsControl))
        {
            errors.Add("reason", FieldRules.Printable(MaxReason));
        }

        return text;
    }

    /// <returns>A pattern for <c>like</c> on lower-case text; null to match everything.</returns>
    public static string? Pattern(string? search, ValidationErrors errors)
    {
        var text = search?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (Characters.Exceed(text, MaxSearch) || text.Any(char.IsControl))
        {
            errors.Add("search", FieldRules.MaxPrintable(MaxSearch));
        }

        return "%" + text.ToLowerInvariant()
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";
    }
}
