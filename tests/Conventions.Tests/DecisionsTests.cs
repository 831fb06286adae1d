namespace LinkShort.Conventions.Tests;

public sealed class DecisionsTests
{
    private const string Sections = "\n## Context\n\n## Decision\n\n## Rejected\n\n## Consequences\n";

    [Fact]
    public void Decisions_are_numbered_once_and_name_what_was_rejected()
    {
        var records = Repository.Files("docs/adr", ".md").ToList();
        records.Count.ShouldBeGreaterThanOrEqualTo(6);
        Decisions.Check(records).ShouldBeNone("docs/adr: one number a decision, in order, with all sections.");
    }

    [Theory]
    [InlineData("0001-b.md", "# 1. B", "number 1 where 2 comes next")]
    [InlineData("0003-c.md", "# 3. C", "number 3 where 2 comes next")]
    [InlineData("0002-c.md", "# 3. C", "its heading")]
    [InlineData("2-c.md", "# 2. C", "call it")]
    public void A_planted_doubled_or_missing_number_is_found(string name, string heading, string what) =>
        Decisions.Check([Record("0001-a.md", "# 1. A"), Record(name, heading)]).ShouldContain(violation => violation.Contains(what));

    [Fact]
    public void A_planted_decision_without_a_rejected_option_is_found() =>
        Decisions.Check([new Source("docs/adr/0001-a.md", "# 1. A\n## Context\n\n## Decision\n\n## Consequences\n")])
            .ShouldBe(["docs/adr/0001-a.md: has no section '## Rejected'"]);

    [Fact]
    public void Good_ones_are_left_alone() => Decisions.Check([Record("0001-a.md", "# 1. A"), Record("0002-b.md", "# 2. B")]).ShouldBeEmpty();

    private static Source Record(string name, string heading) => new($"docs/adr/{name}", heading + Sections);
}
