using System.Text.RegularExpressions;

namespace LinkShort.Conventions.Tests;

/// <summary>No unfinished code, no host or path of a developer's machine, and every Program.cs fits on a screen.</summary>
internal static partial class Leftovers
{
    private const int Screen = 60;

    public static IEnumerable<string> Unfinished(IEnumerable<Source> sources) => sources.SelectMany(source =>
        Marker().Matches(source.Text).Select(match => $"{source.At(match.Index)}: {match.Value}"));

    public static IEnumerable<string> LongPrograms(IEnumerable<Source> sources) => sources
        .Where(source => source.Path.EndsWith("/Program.cs", StringComparison.Ordinal))
        .Select(source => (source.Path, Lines: source.Text.TrimEnd('\n').Split('\n').Length))
        .Where(program => program.Lines > Screen)
        .Select(program => $"{program.Path}: {program.Lines} lines, more than a screen of {Screen}");

    public static IEnumerable<string> UnexplainedPragmas(IEnumerable<Source> sources) => sources.SelectMany(source =>
        Pragma().Matches(source.Text).Where(match => !Reason().IsMatch(match.Value)).Select(match => $"{source.At(match.Index)}: {match.Value.Trim()} has no reason beside it"));

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|\bNotImplementedException\b")]
    private static partial Regex Marker();

    [GeneratedRegex(@"^[ \t]*#pragma warning disable[^\n]*$", RegexOptions.Multiline)]
    private static partial Regex Pragma();

    [GeneratedRegex(@"//\s*\w.{5,}")]
    private static partial Regex Reason();
}
