using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.Administration.Announcements;

/// <summary>What an operator says to everybody.</summary>
public sealed record AnnouncementInput
{
    private const int MaxText = 500;

    /// <summary>By language: en always, and any of ar, de, es and fr. Up to 500 characters each; whose language is missing reads English.</summary>
    public required IReadOnlyDictionary<string, string> Texts { get; init; }

    /// <summary>info, warning or critical.</summary>
    public required string Level { get; init; }

    /// <summary>From when on it is shown; at once without.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>Until when; until it is deleted without.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Whether people can put it away; true without.</summary>
    public bool? Dismissible { get; init; }

    public void Check(ValidationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (!Texts.ContainsKey(Locale.Default))
        {
            errors.Add("texts.en", "The English text is required. Users whose language is missing see it.");
        }

        foreach (var (language, text) in Texts)
        {
            if (!Locale.All.Contains(language))
            {
                errors.Add($"texts.{language}", Locale.Error);
            }
            else if (string.IsNullOrWhiteSpace(text) || text.Length > MaxText || text.Any(char.IsControl))
            {
                errors.Add($"texts.{language}", $"From 1 to {MaxText} printable characters, on one line.");
            }
        }

        if (Level is not ("info" or "warning" or "critical"))
        {
            errors.Add("level", "One of: info, warning, critical.");
        }

        if (StartsAt >= EndsAt)
        {
            errors.Add("endsAt", "Must be after 'startsAt'.");
        }
    }
}
