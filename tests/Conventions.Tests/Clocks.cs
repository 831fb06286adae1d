using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>Time comes from a <see cref="TimeProvider"/>, so that tests can control it, and nothing blocks a thread to wait.</summary>
internal static class Clocks
{
    private static readonly Dictionary<string, string[]> Banned = new()
    {
        ["DateTime"] = ["Now", "UtcNow", "Today"],
        ["DateTimeOffset"] = ["Now", "UtcNow"],
        ["Thread"] = ["Sleep"],
    };

    public static IEnumerable<string> Check(IEnumerable<Source> sources) => sources.SelectMany(source =>
        source.Syntax.DescendantNodes().Select(node => node switch
        {
            MemberAccessExpressionSyntax member when Banned.TryGetValue(LastName(member.Expression), out var members) && members.Contains(member.Name.Identifier.Text) =>
                $"{source.At(member)}: {member} → inject TimeProvider",
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Delay" } delay } call
                when LastName(delay.Expression) == "Task" && WaitsForSystemClock(source, call.ArgumentList.Arguments) =>
                $"{source.At(call)}: {call} → pass a TimeProvider",
            BaseObjectCreationExpressionSyntax { ArgumentList.Arguments.Count: 1 } timer when timer is ObjectCreationExpressionSyntax { Type: var type } && LastName(type) == "PeriodicTimer" =>
                $"{source.At(timer)}: {timer} → pass a TimeProvider",
            _ => null,
        }).OfType<string>());

    private static bool WaitsForSystemClock(Source source, IReadOnlyList<ArgumentSyntax> arguments)
    {
        // An infinite wait needs no clock. And hosting supervises processes, whose time no test controls.
        if (arguments is [{ Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "InfiniteTimeSpan" or "Infinite" } }, ..] || source.Part is "hosting" or "AppHost")
        {
            return false;
        }

        return !arguments.Skip(1).Any(argument => LastName(argument.Expression).TrimStart('_') is var name
            && (name.Equals("time", StringComparison.OrdinalIgnoreCase) || name.Equals("clock", StringComparison.OrdinalIgnoreCase)
                || name.EndsWith("timeProvider", StringComparison.OrdinalIgnoreCase) || argument.Expression.ToString() == "TimeProvider.System"));
    }

    private static string LastName(Microsoft.CodeAnalysis.SyntaxNode expression) => expression switch
    {
        MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
        QualifiedNameSyntax qualified => qualified.Right.Identifier.Text,
        SimpleNameSyntax name => name.Identifier.Text,
        _ => "",
    };
}
