using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// Dashboards show the unit and description of an instrument: each has a UCUM unit (https://ucum.org/ucum: <c>s</c>, <c>By</c>,
/// <c>{click}</c> for things) and a description in words, both as literals where it is created.
/// </summary>
internal static class Instruments
{
    private static readonly HashSet<string> WithoutCallback = ["CreateCounter", "CreateUpDownCounter", "CreateHistogram", "CreateGauge"];
    private static readonly HashSet<string> WithCallback = ["CreateObservableCounter", "CreateObservableUpDownCounter", "CreateObservableGauge"];
    private static readonly HashSet<string> Units = ["s", "By", "1", "%"];

    public static IEnumerable<string> Check(IEnumerable<Source> sources) => sources.SelectMany(source =>
        All(source).SelectMany(call => Missing(call).Select(missing => $"{source.At(call)}: {call.ArgumentList.Arguments.FirstOrDefault()} has no {missing}")));

    public static IEnumerable<InvocationExpressionSyntax> All(Source source) =>
        source.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>().Where(call => WithoutCallback.Contains(Name(call)) || WithCallback.Contains(Name(call)));

    private static IEnumerable<string> Missing(InvocationExpressionSyntax call)
    {
        // (name, unit, description, …) or (name, callback, unit, description, …).
        var first = WithCallback.Contains(Name(call)) ? 2 : 1;
        if (Text(call, "unit", first) is not { } unit || !(Units.Contains(unit) || unit is ['{', _, .., '}']))
        {
            yield return "unit";
        }

        if (Text(call, "description", first + 1) is not { Length: > 10 } description || !char.IsUpper(description[0]))
        {
            yield return "description";
        }
    }

    private static string? Text(InvocationExpressionSyntax call, string name, int position)
    {
        var arguments = call.ArgumentList.Arguments;
        var argument = arguments.FirstOrDefault(each => each.NameColon?.Name.Identifier.Text == name)
            ?? (position < arguments.Count && arguments[position].NameColon is null ? arguments[position] : null);
        return argument?.Expression is LiteralExpressionSyntax literal && literal.IsKind(SyntaxKind.StringLiteralExpression) ? literal.Token.ValueText : null;
    }

    private static string Name(InvocationExpressionSyntax call) =>
        call.Expression is MemberAccessExpressionSyntax { Name: SimpleNameSyntax name } ? name.Identifier.Text : "";
}
