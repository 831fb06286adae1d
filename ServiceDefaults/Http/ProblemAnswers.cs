using LinkShort.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Problem types as responses.</summary>
public static class ProblemAnswers
{
    /// <summary>A response with <paramref name="detail"/> about this occurrence and additional members.</summary>
    public static ProblemHttpResult Result(this ProblemType type, string? detail = null, params ReadOnlySpan<(string Name, object? Value)> members)
    {
        var problem = type.Details(detail);
        foreach (var (name, value) in members)
        {
            problem.Extensions[name] = value;
        }

        return TypedResults.Problem(problem);
    }

    public static ProblemDetails Details(this ProblemType type, string? detail = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new() { Type = type.Type, Status = type.Status, Title = type.Title, Detail = detail ?? type.Explanation };
    }
}
