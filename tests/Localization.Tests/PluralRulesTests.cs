using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace LinkShort.Localization.Tests;

public sealed class PluralRulesTests
{
    /// <summary>Node has ICU's rules of all languages.</summary>
    private const string Script = """
        const [languages, numbers] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
        const rules = languages.map(language => new Intl.PluralRules(language));
        console.log(JSON.stringify(rules.map(rule => numbers.map(number => rule.select(Number(number))))));
        """;

    [Fact]
    public void Plural_forms_are_those_of_ICU()
    {
        // Numbers with fractions as JavaScript has them: without trailing zeros.
        decimal[] numbers = [.. Enumerable.Range(0, 1300).Select(n => (decimal)n), 9_999, 100_000, 999_999, 1_000_000, 1_000_001, 2_000_000, 1_500_000, 0.5m, 1.5m, 2.5m, 11.25m, -1, -5];

        var expected = FromNode(numbers);

        for (var i = 0; i < Language.All.Count; i++)
        {
            var language = Language.All[i];
            for (var j = 0; j < numbers.Length; j++)
            {
                language.PluralOf(numbers[j]).ToString().ToLowerInvariant().ShouldBe(expected[i][j], $"{language}: {numbers[j]}");
            }

            language.Categories.Select(category => category.ToString().ToLowerInvariant()).ShouldBe(expected[i].Distinct(), ignoreOrder: true, language.Code);
        }
    }

    private static string[][] FromNode(decimal[] numbers)
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["-e", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        node.StandardInput.Write(JsonSerializer.Serialize(new object[]
        {
            Language.All.Select(language => language.Code),
            numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)),
        }));
        node.StandardInput.Close();
        var answer = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        return JsonSerializer.Deserialize<string[][]>(answer)!;
    }
}
