using LinkShort.Links.Domain;

namespace LinkShort.Links.Tests;

public sealed class CodeGeneratorTests
{
    private const int Samples = 100_000;

    /// <summary>The value of chi-square with 55 degrees of freedom that chance exceeds once in 10^9 runs (inverse survival function).</summary>
    private const double ChiSquareLimit = 144;

    [Fact]
    public void Codes_are_7_characters_without_look_alikes()
    {
        var generator = new CodeGenerator();
        var codes = Enumerable.Range(0, 10_000).Select(_ => generator.Next().Value).ToArray();

        // One assertion for all codes: compiling its expression takes longer than drawing a code.
        codes.ShouldAllBe(code => code.Length == 7);
        string.Concat(codes).ShouldAllBe(character => char.IsAsciiLetterOrDigit(character) && !"0Oo1lI".Contains(character));
        CodeGenerator.Alphabet.Distinct().Count().ShouldBe(56);
    }

    [Fact]
    public void No_code_is_repeated_in_100_000()
    {
        // Of 100,000 codes out of 56^7, one pair is expected in 346 runs of this test, and three pairs never.
        var generator = new CodeGenerator();
        Enumerable.Range(0, Samples).Select(_ => generator.Next().Value).Distinct().Count().ShouldBeGreaterThan(Samples - 3);
    }

    [Fact]
    public void Every_character_is_equally_likely_at_every_position()
    {
        var generator = new CodeGenerator();
        var codes = Enumerable.Range(0, Samples).Select(_ => generator.Next().Value).ToArray();
        for (var position = 0; position < CodeGenerator.Length; position++)
        {
            ChiSquare(codes, position).ShouldBeLessThan(ChiSquareLimit, $"position {position}");
        }
    }

    [Fact]
    public void The_statistic_detects_modulo_bias()
    {
        // 256 is not a multiple of 56, so a modulo draws the first 32 characters more often.
        var random = new Random(20261121);
        var bytes = new byte[CodeGenerator.Length];
        var codes = Enumerable.Range(0, Samples).Select(_ =>
        {
            random.NextBytes(bytes);
            return string.Concat(bytes.Select(value => CodeGenerator.Alphabet[value % CodeGenerator.Alphabet.Length]));
        }).ToArray();
        ChiSquare(codes, 0).ShouldBeGreaterThan(ChiSquareLimit);
    }

    [Fact]
    public void Reserved_words_are_drawn_again()
    {
        var draws = new Queue<string>(["openapi", "OpenAPI", "abc2345"]);
        new CodeGenerator(draws.Dequeue).Next().Value.ShouldBe("abc2345");
    }

    private static double ChiSquare(string[] codes, int position)
    {
        var expected = codes.Length / (double)CodeGenerator.Alphabet.Length;
        var counts = codes.CountBy(code => code[position]).ToDictionary();
        return CodeGenerator.Alphabet.Sum(character => Math.Pow(counts.GetValueOrDefault(character) - expected, 2) / expected);
    }
}
