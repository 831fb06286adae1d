using LinkShort.Contracts;
using LinkShort.Localization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Collects the errors of a request by field, so that one response reports all of them.</summary>
public sealed class ValidationErrors
{
    private readonly Dictionary<string, List<LocalizedText>> _errors = new(StringComparer.Ordinal);

    public bool Any => _errors.Count > 0;

    /// <param name="field">The name that clients use: the camelCase JSON name or the query parameter.</param>
    /// <param name="message">The rule, such as <see cref="FieldRules.MaxCharacters"/>.</param>
    public ValidationErrors Add(string field, LocalizedText message)
    {
        if (!_errors.TryGetValue(field, out var messages))
        {
            _errors[field] = messages = [];
        }

        messages.Add(message);
        return this;
    }

    public static ProblemHttpResult Of(string field, LocalizedText message) => new ValidationErrors().Add(field, message).ToResult();

    public ProblemHttpResult ToResult() => TypedResults.Problem(ToDetails());

    internal HttpValidationProblemDetails ToDetails() => new Details(_errors);

    private sealed class Details : HttpValidationProblemDetails, ILocalizedProblem
    {
        private readonly Dictionary<string, List<LocalizedText>> _errors;

        public Details(Dictionary<string, List<LocalizedText>> errors)
        {
            _errors = errors;
            (Type, Status) = (Problems.Validation.Type, Problems.Validation.Status);
            Localize(Language.English);
        }

        public void Localize(Language language)
        {
            Title = Problems.Validation.TitleIn(language);
            Errors = _errors.ToDictionary(error => error.Key, error => error.Value.Select(message => message.In(language)).ToArray());
        }
    }
}
