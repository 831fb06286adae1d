namespace LinkShort.Conventions.Tests;

public sealed class OutageFiltersTests
{
    [Fact]
    public void Outages_are_defined_in_one_place() =>
        OutageFilters.Check(Repository.Code).ShouldBeNone("Outages.IsOutage(exception), and beside it what the filter means besides.");

    [Fact]
    public void Pages_use_it_too() => OutageFilters.CheckPages(Repository.Files("services", ".razor")).ShouldBeNone("Outages.IsOutage(exception).");

    [Fact]
    public void A_planted_list_in_a_page_is_found() =>
        OutageFilters.CheckPages([new Source("services/Web/Planted.razor", "@code {\n  catch (Exception e) when (e is RedisException or TimeoutException)\n}")])
            .ShouldHaveSingleItem().ShouldStartWith("services/Web/Planted.razor:2: names ");

    [Theory]
    [InlineData("e is NpgsqlException or TimeoutException")]
    [InlineData("e is RedisException or TimeoutException or FormatException")]
    [InlineData("e is HttpRequestException || (e is Npgsql.NpgsqlException { IsTransient: true })")]
    public void A_planted_list_of_exceptions_is_found(string filter) =>
        OutageFilters.Check([Planted(filter)]).ShouldHaveSingleItem().ShouldStartWith("services/Links/Planted.cs:1: names ");

    [Theory]
    [InlineData("Outages.IsOutage(e)")]
    [InlineData("e is NpgsqlException || Outages.IsOutage(e)")]
    [InlineData("e is IOException or JsonException || Outages.IsOutage(e)")]
    [InlineData("e is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation }")]
    public void Filters_that_use_it_are_accepted(string filter) => OutageFilters.Check([Planted(filter)]).ShouldBeEmpty();

    private static Source Planted(string filter) =>
        new("services/Links/Planted.cs", $"class P {{ void Run() {{ try {{ }} catch (Exception e) when ({filter}) {{ }} }} }}");
}
