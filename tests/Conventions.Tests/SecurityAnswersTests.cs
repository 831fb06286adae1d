namespace LinkShort.Conventions.Tests;

public sealed class SecurityAnswersTests
{
    private const string Page = "docs/security.md";

    private static readonly Lazy<Source> Real = new(() => Repository.Files("docs", ".md").Single(file => file.Path == Page));

    private static readonly Lazy<IReadOnlySet<string>> Tests = new(() => SecurityAnswers.TestsOf(Repository.Files("tests", ".cs")));

    [Fact]
    public void Every_requirement_is_answered_once_with_existing_evidence() =>
        Check(Real.Value.Text).ShouldBeNone("docs/security.md: one row for each requirement of ASVS 4.0.3 level 1 and 2, naming tests and files that exist.");

    [Fact]
    public void The_walks_through_the_code_name_files_that_are_there() =>
        SecurityAnswers.Evidence(Repository.Files("docs", ".md").Single(file => file.Path == "docs/architecture.md"), Tests.Value, Exists)
            .ShouldBeNone("docs/architecture.md follows requests file by file: change it with the files.");

    [Fact]
    public void The_tests_are_found()
    {
        Tests.Value.Count.ShouldBeGreaterThan(500);
        Tests.Value.ShouldContain("Conventions/SecurityAnswersTests.The_tests_are_found");
    }

    [Fact]
    public void Every_yes_names_a_test_or_a_file() =>
        Real.Value.Text.Split('\n').Where(line => line.Contains("| **Yes.**", StringComparison.Ordinal) && !line.Split("**Yes.**")[1].Contains('`', StringComparison.Ordinal))
            .ShouldBeNone("A yes without a test or a place is only a claim.");

    [Fact]
    public void A_planted_gap_duplicate_or_unknown_requirement_is_found()
    {
        var row = Real.Value.Text.Split('\n').Single(line => line.StartsWith("| 2.1.1 |", StringComparison.Ordinal));

        Planted(Real.Value.Text.Replace(row, "", StringComparison.Ordinal)).ShouldBe([$"{Page}: 2.1.1 is not answered"]);
        Planted(Real.Value.Text + "\n" + row).ShouldHaveSingleItem().ShouldEndWith("2.1.1 is answered twice");
        Planted(Real.Value.Text + "\n" + row.Replace("2.1.1 |", "2.1.13 |", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldEndWith("2.1.13 is no requirement of level 1 or 2");
        Planted(Real.Value.Text.Replace("| 2.1.1 | 1 |", "| 2.1.1 | 2 |", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldEndWith("2.1.1 is of level 1");
        Planted(Real.Value.Text.Replace(row, "| 2.1.1 | 1 | Long passwords | Perhaps |", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("begins with neither");
    }

    [Theory]
    [InlineData("`Identity/LogInTests.Nobody_wrote_this`", "there is no Identity/LogInTests.Nobody_wrote_this")]
    [InlineData("`services/Identity/Nothing.cs`", "there is no services/Identity/Nothing.cs")]
    [InlineData("`docs/nothing/`", "there is no docs/nothing/")]
    public void A_planted_test_or_file_that_is_not_there_is_found(string planted, string complaint) =>
        Planted(Real.Value.Text + "\n" + planted).ShouldHaveSingleItem().ShouldEndWith(complaint);

    /// <summary>The violations in addition to those of the page itself.</summary>
    private static List<string> Planted(string text) => [.. Check(text).Except(Check(Real.Value.Text))];

    private static List<string> Check(string text) => [.. SecurityAnswers.Check(new Source(Page, text), Tests.Value, Exists)];

    private static bool Exists(string path) =>
        File.Exists(Path.Combine(Repository.Root, path)) || Directory.Exists(Path.Combine(Repository.Root, path));
}
