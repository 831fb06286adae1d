using LinkShort.Contracts;
using LinkShort.Localization;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Titles and explanations of problem types. Those in English are in <see cref="Problems"/>, their translations in <c>problems.json</c>.</summary>
public static class ProblemTexts
{
    public static string TitleIn(this ProblemType type, Language language)
    {
        ArgumentNullException.ThrowIfNull(type);
        return HttpTexts.Catalog.In(language).Find($"problems.{type.Slug}.title") ?? type.Title;
    }

    public static string ExplanationIn(this ProblemType type, Language language)
    {
        ArgumentNullException.ThrowIfNull(type);
        return HttpTexts.Catalog.In(language).Find($"problems.{type.Slug}.explanation") ?? type.Explanation;
    }
}
