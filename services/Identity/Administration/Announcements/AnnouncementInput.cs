using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Identity.Administration.Announcements;

/// <summary>An announcement as an operator writes it.</summary>
public sealed record AnnouncementInput
{
    private const int MaxText = 500;

    /// <summary>By language: en is required; ar, de, es and fr are optional. Up to 500 characters each. Users of other languages see English.</summary>
    public required IReadOnlyDictionary<string, string> Texts { get; init; }

    /// <summary>info, warning or critical.</summary>
    public required string Level { get; init; }

    /// <summary>When it is shown first; immediately if omitted.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>When it ends; if omitted, once it is deleted.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Whether users can dismiss it; default true.</summary>
    public bool? Dismissible { get; init; }

    public void Check(ValidationErrors errors)
    {
        if (!Texts.ContainsKey(Locale.Default))
        {
            errors.Add("texts.en", IdentityTexts.Of("administration.englishText"));
        }

        foreach (var (language, text) in Texts)
        {
            if (!Locale.All.Contains(language))
            {
                errors.Add($"texts.{language}", Locale.Error);
            }
            else if (string.IsNullOrWhiteSpace(text) || Characters.Exceed(text, MaxText) || text.Any(char.IsControl))
            {
                errors.Add($"texts.{language}", IdentityTexts.Of("administration.announcementText", ("max", MaxText)));
            }
        }

        if (Level is not ("info" or "warning" or "critical"))
        {
            errors.Add("level", FieldRules.OneOf("info", "warning", "critical"));
        }

        if (StartsAt >= EndsAt)
        {
            errors.Add("endsAt", FieldRules.After("startsAt"));
        }
    }
}
