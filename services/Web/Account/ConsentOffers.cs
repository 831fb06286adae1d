using System.Collections.Concurrent;
using LinkShort.Localization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Account;

/// <summary>The consent texts of the sign-up page. They rarely change, so they are cached for minutes and survive an outage of the API.</summary>
public sealed class ConsentOffers(TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<Language, (ConsentTexts Texts, DateTimeOffset At)> _known = [];

    public async Task<ApiResult<ConsentTexts>> CurrentAsync(Language language, LinkShortApi api, CancellationToken cancellationToken)
    {
        var isKnown = _known.TryGetValue(language, out var known);
        if (isKnown && time.GetUtcNow() - known.At < Fresh)
        {
            return known.Texts;
        }

        var asked = await api.ConsentTextsAsync(language, cancellationToken);
        if (asked.Value is { } texts)
        {
            _known[language] = (texts, time.GetUtcNow());
            return texts;
        }

        return isKnown ? known.Texts : asked;
    }

    /// <summary>Reloads the texts the next time.</summary>
    public void Forget()
    {
        foreach (var (language, known) in _known)
        {
            _known[language] = (known.Texts, DateTimeOffset.MinValue);
        }
    }

    /// <summary>A text as a form value.</summary>
    public static string ValueOf(ConsentText text)
    {
        return $"{text.Purpose}@{text.Version}";
    }

    /// <summary>The name of a text's box in problems.</summary>
    public static string FieldOf(ConsentText text) => FieldOf(text.Purpose);

    public static string FieldOf(string purpose) => "consent-" + purpose;

    /// <summary>The decision about each text that was shown; a required one that wasn't shown is refused.</summary>
    public static IReadOnlyList<ConsentChoice> Choices(ConsentTexts offered, AccountEndpoints.AccountForm form)
    {
        var shown = (form.Shown ?? []).Distinct().Select(each => each.Split('@', 2)).Where(parts => parts.Length == 2)
            .Select(parts => new ConsentChoice(parts[0], parts[1], form.Consents?.Contains($"{parts[0]}@{parts[1]}") == true)).ToList();
        return [.. shown, .. offered.Consents.Where(text => text.Required && shown.All(choice => choice.Purpose != text.Purpose)).Select(text => new ConsentChoice(text.Purpose, text.Version, false))];
    }
}
