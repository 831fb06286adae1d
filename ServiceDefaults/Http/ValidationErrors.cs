using LinkShort.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Collects what is wrong with a request, field by field, so that one answer tells it all.</summary>
public sealed class ValidationErrors
{
    private readonly Dictionary<string, List<string>> _errors = new(StringComparer.Ordinal);

    public bool Any => _errors.Count > 0;

    /// <param name="field">As the client wrote it: camelCase JSON name or query parameter.</param>
    /// <param name="message">A sentence that says what would be right.</param>
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
