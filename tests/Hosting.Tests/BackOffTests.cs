namespace LinkShort.Hosting.Tests;

public sealed class BackOffTests
{
    [Fact]
    public void Pauses_double_up_to_half_a_minute_and_are_reset_by_a_healthy_run()
    {
        var backOff = new BackOff();
        var pauses = Enumerable.Range(0, 12).Select(_ => backOff.Next().TotalSeconds).ToList();
        pauses[0].ShouldBeInRange(0.2, 0.3);
        pauses[1].ShouldBeInRange(0.4, 0.6);
        pauses[4].ShouldBeInRange(3.2, 4.8);
        pauses[^1].ShouldBeInRange(24, 36);
        backOff.Healthy();
        backOff.Next().TotalSeconds.ShouldBeInRange(0.2, 0.3);
    }
}
