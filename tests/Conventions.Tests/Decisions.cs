using System.Globalization;
using System.Text.RegularExpressions;

namespace LinkShort.Conventions.Tests;

/// <summary>Decisions are numbered once each, without gaps, under the number in their heading, and name a rejected option.</summary>
internal static partial class Decisions
{
    public static IEnumerable<string> Check(IReadOnlyList<Source> records)
    {
        var expected = 1;
        foreach (var record in records.OrderBy(record => record.Path, StringComparer.Ordinal))
        {
            var name = FileName().Match(record.Path);
            if (!name.Success)
            {
                yield return $"{record.Path}: call it 0001-what-was-decided.md";
                continue;
            }

            var number = int.Parse(name.Groups["number"].Value, CultureInfo.InvariantCulture);
            if (number != expected)
            {
                yield return $"{record.Path}: number {number} where {expected} comes next";
            }

            expected = number + 1;
            if (!record.Text.StartsWith($"# {number}. ", StringComparison.Ordinal))
            {
                yield return $"{record.Path}: its heading does not begin with '# {number}. '";
            }

            foreach (var section in new[] { "Context", "Decision", "Rejected", "Consequences" })
            {
                if (!record.Text.Contains($"\n## {section}", StringComparison.Ordinal))
                {
                    yield return $"{record.Path}: has no section '## {section}'";
                }
            }
        }
    }

    [GeneratedRegex(@"/(?<number>\d{4})-[a-z0-9-]+\.md$")]
    private static partial Regex FileName();
}
