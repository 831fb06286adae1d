using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// docs/security.md answers every requirement of OWASP ASVS 4.0.3, levels 1 and 2, once, with Yes, Partly, No or n/a. A Yes names
/// evidence that exists: tests as <c>Project/Class.Method</c>, files as paths.
/// </summary>
internal static partial class SecurityAnswers
{
    /// <summary>
    /// The numbers of each section, those of level 2 marked with a star; without requirements of level 3 and those that 4.0.3 deleted.
    /// </summary>
    private const string Requirements = """
        1.1:1*,2*,3*,4*,5*,6*,7* 1.2:1*,2*,3*,4* 1.4:1*,4*,5* 1.5:1*,2*,3*,4* 1.6:1*,2*,3*,4* 1.7:1*,2* 1.8:1*,2* 1.9:1*,2* 1.10:1* 1.11:1*,2* 1.12:2*
        1.14:1*,2*,3*,4*,5*,6*
        2.1:1,2,3,4,5,6,7,8,9,10,11,12 2.2:1,2,3 2.3:1,2*,3* 2.4:1*,2*,3*,4*,5* 2.5:1,2,3,4,5,6,7* 2.6:1*,2*,3* 2.7:1,2,3,4,5*,6* 2.8:1,2*,3*,4*,5*,6*,7*
        2.9:1*,2*,3* 2.10:1*,2*,3*,4*
        3.1:1 3.2:1,2,3,4* 3.3:1,2,3*,4* 3.4:1,2,3,4,5 3.5:1*,2*,3* 3.7:1
        4.1:1,2,3,5 4.2:1,2 4.3:1,2,3*
        5.1:1,2,3,4,5 5.2:1,2,3,4,5,6,7,8 5.3:1,2,3,4,5,6,7,8,9,10 5.4:1*,2*,3* 5.5:1,2,3,4
        6.1:1*,2*,3* 6.2:1,2*,3*,4*,5*,6* 6.3:1*,2* 6.4:1*,2*
        7.1:1,2,3*,4* 7.2:1*,2* 7.3:1*,3*,4* 7.4:1,2*,3*
        8.1:1*,2*,3*,4* 8.2:1,2,3 8.3:1,2,3,4,5*,6*,7*,8*
        9.1:1,2,3 9.2:1*,2*,3*,4*
        10.2:1*,2* 10.3:1,2,3
        11.1:1,2,3,4,5,6*,7*,8*
        12.1:1,2*,3* 12.2:1* 12.3:1,2,3,4,5,6* 12.4:1,2 12.5:1,2 12.6:1
        13.1:1,3,4*,5* 13.2:1,2,3,5*,6* 13.3:1,2* 13.4:1*,2*
        14.1:1*,2*,3*,4* 14.2:1,2,3,4*,5*,6* 14.3:2,3 14.4:1,2,3,4,5,6,7 14.5:1,2,3,4*
        """;

    /// <param name="tests">All tests, as <c>Project/Class.Method</c>.</param>
    /// <param name="exists">Whether a file or folder exists.</param>
    public static IEnumerable<string> Check(Source page, IReadOnlySet<string> tests, Func<string, bool> exists)
    {
        var expected = Expected();
        var answered = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match row in Row().Matches(page.Text))
        {
            var (number, level, answer) = (row.Groups["number"].Value, row.Groups["level"].Value, row.Groups["answer"].Value.Trim());
            if (!expected.TryGetValue(number, out var known))
            {
                yield return $"{page.At(row.Index)}: {number} is no requirement of level 1 or 2";
            }
            else if (known != level)
            {
                yield return $"{page.At(row.Index)}: {number} is of level {known}";
            }

            if (!answered.Add(number))
            {
                yield return $"{page.At(row.Index)}: {number} is answered twice";
            }

            if (!Verdict().IsMatch(answer))
            {
                yield return $"{page.At(row.Index)}: {number} begins with neither Yes, Partly, No nor n/a, or says nothing more";
            }
        }

        foreach (var missing in expected.Keys.Except(answered))
        {
            yield return $"{page.Path}: {missing} is not answered";
        }

        foreach (var gap in Evidence(page, tests, exists))
        {
            yield return gap;
        }
    }

    /// <summary>Names in backticks that do not exist.</summary>
    public static IEnumerable<string> Evidence(Source page, IReadOnlySet<string> tests, Func<string, bool> exists)
    {
        foreach (Match named in Quoted().Matches(page.Text))
        {
            var text = named.Groups["text"].Value;
            if (Test().IsMatch(text) ? !tests.Contains(text) : Place().IsMatch(text) && !exists(text))
            {
                yield return $"{page.At(named.Index)}: there is no {text}";
            }
        }
    }

    /// <summary>The tests of all projects under tests/, named as on the page.</summary>
    public static IReadOnlySet<string> TestsOf(IEnumerable<Source> sources) => sources
        .SelectMany(source => source.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>()
            .Where(method => method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString() is "Fact" or "Theory"))
            .Select(method => $"{source.Path.Split('/')[1].Replace(".Tests", "", StringComparison.Ordinal)}/{(method.Parent as TypeDeclarationSyntax)?.Identifier.Text}.{method.Identifier.Text}"))
        .ToHashSet(StringComparer.Ordinal);

    private static Dictionary<string, string> Expected() => Requirements
        .Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
        .Select(section => section.Split(':'))
        .SelectMany(section => section[1].Split(',').Select(number => (
            Number: string.Create(CultureInfo.InvariantCulture, $"{section[0]}.{number.TrimEnd('*')}"), Level: number.EndsWith('*') ? "2" : "1")))
        .ToDictionary(requirement => requirement.Number, requirement => requirement.Level, StringComparer.Ordinal);

    [GeneratedRegex(@"^\| (?<number>\d+\.\d+\.\d+) \| (?<level>\d) \| [^|]+ \|(?<answer>.*)\|\s*$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^(\*\*(Yes|n/a)\.\*\* \S|\*\*(Partly|No)(\.\*\*|\*\*)\S* \S)")]
    private static partial Regex Verdict();

    [GeneratedRegex("`(?<text>[^`\n]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^[A-Z]\w+/\w+Tests\.\w+$")]
    private static partial Regex Test();

    [GeneratedRegex(@"^(\w[\w.-]*/)+([\w.-]+\.(cs|razor|md|js|props))?$|^\.ci/run$|^[\w.]+\.(md|props)$")]
    private static partial Regex Place();
}
