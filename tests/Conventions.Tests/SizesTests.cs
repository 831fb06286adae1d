namespace LinkShort.Conventions.Tests;

public sealed class SizesTests
{
    [Fact]
    public void No_method_is_longer_than_a_screen() => Sizes.LongMethods(Repository.Code)
        .ShouldBeNone($"A method has at most {Sizes.MaxLines} lines. Extract the steps that have a name of their own.");

    [Fact]
    public void No_method_or_constructor_has_too_many_parameters() => Sizes.LongParameterLists(Repository.Code)
        .ShouldBeNone($"At most {Sizes.MaxParameters} parameters. Group what belongs together in a type, such as [AsParameters] for a query.");

    [Theory]
    [InlineData("void Run()\n{\n…\n}")]
    [InlineData("[Obsolete]\n[Flags]\npublic Planted()\n{\n…\n}")]
    [InlineData("int Value\n{\nget\n{\n…\n}\n}")]
    [InlineData("void Outer() =>\nnew List<int>().ForEach(_ =>\n{\n…\n});")]
    public void A_planted_long_method_is_found(string method)
    {
        Sizes.LongMethods([Planted(method, Sizes.MaxLines)]).ShouldHaveSingleItem().ShouldStartWith("services/Links/Planted.cs:");
        Sizes.LongMethods([Planted(method, Sizes.MaxLines - 5)]).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("class Planted { void Run(…) { } }")]
    [InlineData("class Planted { Planted(…) { } }")]
    [InlineData("class Planted(…);")]
    [InlineData("struct Planted(…);")]
    [InlineData("interface Planted { void Run(…); }")]
    [InlineData("class Planted { void Run() { void Local(…) { } } }")]
    public void A_planted_long_parameter_list_is_found(string code)
    {
        Sizes.LongParameterLists([WithParameters(code, Sizes.MaxParameters + 1)])
            .ShouldHaveSingleItem().ShouldContain(": Planted.");
        Sizes.LongParameterLists([WithParameters(code, Sizes.MaxParameters)]).ShouldBeEmpty();
    }

    [Fact]
    public void The_data_of_a_record_may_have_any_number_of_members() =>
        Sizes.LongParameterLists([WithParameters("record Planted(…);", 20), WithParameters("record struct Planted(…);", 20)]).ShouldBeEmpty();

    [Fact]
    public void Migrations_are_left_alone() =>
        Sizes.LongMethods([Planted("void Up()\n{\n…\n}", 200) with { Path = "services/Links/Migrations/1_Initial.cs" }]).ShouldBeEmpty();

    private static Source Planted(string method, int lines)
    {
        var body = string.Join('\n', Enumerable.Repeat("x();", lines));
        return new Source("services/Links/Planted.cs", $"class Planted {{ {method.Replace("…", body, StringComparison.Ordinal)} }}");
    }

    private static Source WithParameters(string code, int count)
    {
        var parameters = string.Join(", ", Enumerable.Range(1, count).Select(number => $"int p{number}"));
        return new Source("services/Links/Planted.cs", code.Replace("…", parameters, StringComparison.Ordinal));
    }
}
