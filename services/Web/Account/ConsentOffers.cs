using LinkShort.Web.Api;

namespace LinkShort.Web.Account;

/// <summary>The consent texts of the sign-up page. They rarely change, so they are cached for minutes and survive an outage of the API.</summary>
public sealed class ConsentOffers(TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(5);

    private static readonly string[] Missing = ["You need to agree to this to create an account."];

    private (ConsentTexts Texts, DateTimeOffset At)? _known;

    public async Task<ApiResult<ConsentTexts>> CurrentAsync(LinkShortApi api, CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is { } last && time.GetUtcNow() - last.At < Fresh)
        {
            return last.Texts;
        }

        var asked = await api.ConsentTextsAsync(cancellationToken);
        if (asked.Value is { } texts)
        {
            _known = (texts, time.GetUtcNow());
            return texts;
        }

        return known is { } older ? older.Texts : asked;
    }

    /// <summary>Reloads the texts the next time.</summary>
    public void Forget() => _known = _known is { } known ? (known.Texts, DateTimeOffset.MinValue) : null;

    /// <summary>A text as a form value.</summary>
    public static string ValueOf(ConsentText text)
    {
        return $"{text.Purpose}@{text.Version}";
    }

    /// <summary>The decision about each text that was shown.</summary>
    public static IReadOnlyList<ConsentChoice> Choices(AccountEndpoints.AccountForm form)
    {
        return
        [
            .. (form.Shown ?? []).Distinct().Select(shown => shown.Split('@', 2)).Where(parts => parts.Length == 2)
                .Select(parts => new ConsentChoice(parts[0], parts[1], form.Consents?.Contains($"{parts[0]}@{parts[1]}") == true)),
        ];
    }

    /// <returns>What is missing, or null. Browsers check required boxes themselves if they can.</returns>
    public static ApiProblem? Check(ConsentTexts texts, AccountEndpoints.AccountForm form)
    {
        var choices = Choices(form);
        var missing = texts.Consents
            .Where(text => text.Required && !choices.Any(choice => choice.Purpose == text.Purpose && choice.Granted))
            .ToDictionary(text => "consent-" + text.Purpose, _ => Missing);
        return missing.Count == 0 ? null : new ApiProblem(StatusCodes.Status400BadRequest, "validation", null, null, missing);
    }
}
