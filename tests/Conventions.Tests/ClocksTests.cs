namespace LinkShort.Conventions.Tests;

public sealed class ClocksTests
{
    [Fact]
    public void Time_comes_from_a_TimeProvider() => Clocks.Check(Repository.Code).ShouldBeNone("Product code takes its time from TimeProvider.");

    [Theory]
    [InlineData("var a = DateTime.Now;")]
    [InlineData("var a = DateTime.UtcNow.AddDays(1);")]
    [InlineData("var a = System.DateTime.Today;")]
    [InlineData("var a = DateTimeOffset.Now;")]
    [InlineData("var a = System.DateTimeOffset.UtcNow;")]
    [InlineData("Thread.Sleep(5);")]
    [InlineData("System.Threading.Thread.Sleep(TimeSpan.FromSeconds(1));")]
    [InlineData("await Task.Delay(1000);")]
    [InlineData("await Task.Delay(delay, cancellationToken);")]
    [InlineData("await Task.Delay(time, cancellationToken);")]
    [InlineData("await Task.Delay(delay, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);")]
    [InlineData("using var timer = new PeriodicTimer(TimeSpan.FromHours(1));")]
    public void A_planted_use_of_the_system_clock_is_found(string code) =>
        Clocks.Check([Planted(code)]).ShouldHaveSingleItem().ShouldStartWith("services/Links/Planted.cs:1: ");

    [Theory]
    [InlineData("var a = time.GetUtcNow();")]
    [InlineData("await Task.Delay(delay, time, cancellationToken);")]
    [InlineData("await Task.Delay(delay, _timeProvider);")]
    [InlineData("await Task.Delay(delay, Engine.Time, cancellationToken);")]
    [InlineData("await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);")]
    [InlineData("using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);")]
    [InlineData("// not DateTime.Now")]
    [InlineData("var a = \"DateTime.Now\";")]
    public void A_clock_that_a_test_can_advance_is_accepted(string code) => Clocks.Check([Planted(code)]).ShouldBeEmpty();

    private static Source Planted(string code) => new("services/Links/Planted.cs", $"class P {{ async Task Run() {{ {code}\n }} }}");
}
