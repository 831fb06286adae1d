using LinkShort.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Collects the errors of a request by field, so that one response reports all of them.</summary>
public sealed class ValidationErrors
{
    private readonly Dictionary<string, List<string>> _errors = new(StringComparer.Ordinal);

    public bool Any => _errors.Count > 0;

    /// <param name="field">The name that clients use: the camelCase JSON name or the query parameter.</param>
    /// <param name="message">The rule, such as <c>At most 255 characters.</c></param>
    public ValidationErrors Add(string field, string message)
    {
        if (!_errors.TryGetValue(field, out var messages))
        {
            _errors[field] = messages = [];
        }

        messages.Add(message);
        return this;
    }

    public static ProblemHttpResult Of(string field, string message) => new ValidationErrors().Add(field, message).ToResult();

    public ProblemHttpResult ToResult() => TypedResults.Problem(ToDetails());

    internal HttpValidationProblemDetails ToDetails() =>
        new(_errors.ToDictionary(error => error.Key, error => error.Value.ToArray()))
        {
            Type = Problems.Validation.Type,
            Status = Problems.Validation.Status,
            Title = Problems.Validation.Title,
        };
}
