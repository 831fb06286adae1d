namespace LinkShort.Conventions.Tests;

public sealed class InstrumentsTests
{
    [Fact]
    public void Every_instrument_has_a_unit_and_a_description()
    {
        Repository.Code.SelectMany(Instruments.All).Count().ShouldBeGreaterThan(25);
        Instruments.Check(Repository.Code).ShouldBeNone("Create…(name, unit, description): what is measured, and in what.");
    }

    [Theory]
    [InlineData("meter.CreateCounter<long>(\"a\");", "unit", "description")]
    [InlineData("meter.CreateCounter<long>(\"a\", \"{link}\");", "description")]
    [InlineData("meter.CreateCounter<long>(\"a\", description: \"Links created.\");", "unit")]
    [InlineData("meter.CreateHistogram<double>(\"a\", \"seconds\", \"From here to there.\");", "unit")]
    [InlineData("meter.CreateHistogram<double>(\"a\", \"\", \"From here to there.\");", "unit")]
    [InlineData("meter.CreateHistogram<double>(\"a\", null, \"From here to there.\");", "unit")]
    [InlineData("meter.CreateHistogram<double>(\"a\", \"s\", \"\");", "description")]
    [InlineData("_meter.CreateObservableGauge(\"a\", () => 1L, \"By\");", "description")]
    [InlineData("meters.Create(\"LinkShort.Links\").CreateUpDownCounter<int>(\"a\", unit: \"{link}\");", "description")]
    public void A_planted_instrument_without_them_is_found(string code, params string[] missing) =>
        Instruments.Check([Planted(code)]).ShouldBe(missing.Select(each => $"services/Links/Planted.cs:1: \"a\" has no {each}"));

    [Theory]
    [InlineData("meter.CreateCounter<long>(\"a\", \"{link}\", \"Links created.\");")]
    [InlineData("meter.CreateHistogram<double>(\"a\", description: \"From here to there.\", unit: \"s\");")]
    [InlineData("_meter.CreateObservableGauge(\"a\", () => 1L, \"By\", \"Disk space in use.\");")]
    [InlineData("meters.CreateMany();")]
    public void Good_ones_are_left_alone(string code) => Instruments.Check([Planted(code)]).ShouldBeEmpty();

    private static Source Planted(string code) => new("services/Links/Planted.cs", $"class P {{ void Run() {{ {code}\n }} }}");
}
