using LinkShort.Contracts;
using LinkShort.Localization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Problem types as responses.</summary>
public static class ProblemAnswers
{
    /// <summary>A response with <paramref name="detail"/> about this occurrence and additional members.</summary>
    public static ProblemHttpResult Result(this ProblemType type, LocalizedText? detail = null, params ReadOnlySpan<(string Name, object? Value)> members)
    {
        var problem = type.Details(detail);
        foreach (var (name, value) in members)
        {
            problem.Extensions[name] = value;
        }

        return TypedResults.Problem(problem);
    }

    internal static ProblemDetails Details(this ProblemType type, LocalizedText? detail = null) => new LocalizedProblem(type, detail);
}

/// <summary>A problem that <see cref="ProblemWriter"/> writes in the caller's language.</summary>
internal interface ILocalizedProblem
{
    void Localize(Language language);
}

internal sealed class LocalizedProblem : ProblemDetails, ILocalizedProblem
{
    private readonly ProblemType _type;
    private readonly LocalizedText? _detail;

    /// <param name="detail">About this occurrence; by default the type's explanation.</param>
    public LocalizedProblem(ProblemType type, LocalizedText? detail)
    {
        (_type, _detail) = (type, detail);
        (Type, Status) = (type.Type, type.Status);
        Localize(Language.English);
    }

    public void Localize(Language language) => (Title, Detail) = (_type.TitleIn(language), _detail?.In(language) ?? _type.ExplanationIn(language));
}
