namespace LinkShort.Conventions.Tests;

public sealed class LeftoversTests
{
    private static readonly string[] Endings = [".cs", ".razor", ".js", ".css", ".csproj", ".props", ".targets", ".sh", ".yml", ".yaml"];

    private static IEnumerable<Source> Everything =>
        new[] { "services", "gateway", "ServiceDefaults", "hosting", "AppHost" }.SelectMany(folder => Repository.Files(folder, Endings));

    [Fact]
    public void Nothing_is_left_to_do() => Leftovers.Unfinished(Everything).ShouldBeNone("Finish it, or open an issue.");

    [Theory]
    [InlineData("// TODO: later")]
    [InlineData("/* FIXME */")]
    [InlineData("<!-- HACK -->")]
    [InlineData("throw new NotImplementedException();")]
    public void A_planted_leftover_is_found(string text) =>
        Leftovers.Unfinished([new Source("services/Links/Planted.cs", "\n" + text)]).ShouldHaveSingleItem().ShouldStartWith("services/Links/Planted.cs:2: ");

    [Theory]
    [InlineData("// Todos are a feature of another product")]
    [InlineData("var hackathon = 1;")]
    public void Ordinary_words_are_left_alone(string text) => Leftovers.Unfinished([new Source("a.cs", text)]).ShouldBeEmpty();

    [Fact]
    public void Every_Program_fits_on_a_screen()
    {
        var programs = Repository.Code.Where(source => source.Path.EndsWith("/Program.cs", StringComparison.Ordinal)).ToList();
        programs.Count.ShouldBeGreaterThanOrEqualTo(7);
        Leftovers.LongPrograms(programs).ShouldBeNone("Move registrations and routes into the slices' own extension methods.");
    }

    [Fact]
    public void A_planted_long_Program_is_found()
    {
        Leftovers.LongPrograms([new Source("services/Links/Program.cs", string.Join('\n', Enumerable.Repeat("x();", 61)))]).ShouldHaveSingleItem();
        Leftovers.LongPrograms([new Source("services/Links/Program.cs", string.Join('\n', Enumerable.Repeat("x();", 60)) + "\n")]).ShouldBeEmpty();
    }

    [Fact]
    public void Every_pragma_has_its_reason_beside_it() =>
        Leftovers.UnexplainedPragmas(Repository.Code).ShouldBeNone("#pragma warning disable CA1234 // why");

    [Theory]
    [InlineData("#pragma warning disable CA1234", 1)]
    [InlineData("    #pragma warning disable CA1234 //", 1)]
    [InlineData("#pragma warning disable CA1234 // the caller disposes it", 0)]
    [InlineData("#pragma warning restore CA1234", 0)]
    public void A_planted_pragma_without_a_reason_is_found(string text, int count) =>
        Leftovers.UnexplainedPragmas([new Source("a.cs", text)]).Count().ShouldBe(count);
}
