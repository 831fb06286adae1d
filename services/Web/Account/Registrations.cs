using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Problems;

namespace LinkShort.Web.Account;

/// <summary>Creates accounts, with and without an invitation. Everything that is wrong with a form is reported at once.</summary>
public sealed class Registrations(LinkShortApi api, ConsentOffers offers, Texts texts)
{
    /// <summary>The consents to show, and what is wrong with the form.</summary>
    /// <param name="Offered">Null if the API doesn't tell them.</param>
    /// <param name="Problem">Null once the account exists. Errors of consents are at <see cref="ConsentOffers.FieldOf(string)"/>.</param>
    public sealed record Outcome(ConsentTexts? Offered, ApiProblem? Problem);

    /// <param name="email">The address of the account.</param>
    /// <param name="invitationToken">Null without an invitation.</param>
    public async Task<Outcome> CreateAsync(AccountEndpoints.AccountForm form, string email, string? invitationToken, CancellationToken cancellationToken)
    {
        if (!(await offers.CurrentAsync(texts.Language, api, cancellationToken)).Succeeded(out var offered, out var outage))
        {
            return new Outcome(null, outage);
        }

        // Also those that the form lacks, as refused: the API then reports them with everything else.
        var choices = ConsentOffers.Choices(offered, form);
        var name = string.IsNullOrWhiteSpace(form.Name) ? null : form.Name.Trim();
        var registered = await api.RegisterAsync(new Registration(email, form.Password ?? "", name, texts.Language.Code, choices, invitationToken), cancellationToken);
        if (registered.Problem is not { } problem)
        {
            return new Outcome(offered, null);
        }

        if (problem.Slug == "email-taken")
        {
            return new Outcome(offered, ApiProblem.OfField(problem.Status, problem.Slug, "email", ProblemText.Message(problem, texts)));
        }

        if (problem.Errors.Keys.Any(field => field.EndsWith("].version", StringComparison.OrdinalIgnoreCase)))
        {
            // The text has changed since the page was shown: show the new one.
            offers.Forget();
            offered = (await offers.CurrentAsync(texts.Language, api, cancellationToken)).Value ?? offered;
        }

        return new Outcome(offered, problem with { Errors = AtFields(problem.Errors, choices) });
    }

    /// <summary>The API's errors of consents by number, as errors of the boxes.</summary>
    private Dictionary<string, string[]> AtFields(IReadOnlyDictionary<string, string[]> errors, IReadOnlyList<ConsentChoice> choices)
    {
        var fields = errors.Where(error => !error.Key.StartsWith("consents[", StringComparison.OrdinalIgnoreCase)).ToDictionary(StringComparer.OrdinalIgnoreCase);
        for (var index = 0; index < choices.Count; index++)
        {
            var field = $"consents[{index}]";
            if (errors.ContainsKey(field + ".version"))
            {
                fields[ConsentOffers.FieldOf(choices[index].Purpose)] = [texts["account.consentChanged"]];
            }
            else if (errors.ContainsKey(field + ".granted"))
            {
                fields[ConsentOffers.FieldOf(choices[index].Purpose)] = [texts["account.consentMissing"]];
            }
        }

        return fields;
    }
}
