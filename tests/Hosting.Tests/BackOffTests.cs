using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace LinkShort.Hosting.Tests;

public sealed class BackOffTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Pauses_double_up_to_half_a_minute_and_are_reset_by_a_run_that_stayed_healthy()
    {
        var process = new SupervisedProcess(_time);
        var pauses = Enumerable.Range(0, 12).Select(_ =>
        {
            // Its first health check passes each time.
            Run(process, TimeSpan.FromSeconds(2));
            return process.Pause().TotalSeconds;
        }).ToList();
        pauses[0].ShouldBeInRange(0.2, 0.3);
        pauses[1].ShouldBeInRange(0.4, 0.6);
        pauses[4].ShouldBeInRange(3.2, 4.8);
        pauses[^1].ShouldBeInRange(24, 36);

        Run(process, TimeSpan.FromSeconds(10));
        process.Pause().TotalSeconds.ShouldBeInRange(0.2, 0.3);
    }

    [Fact]
    public void A_bad_setting_ends_the_run_only_while_the_process_was_never_healthy()
    {
        var process = new SupervisedProcess(_time);
        process.Take(KnownResourceStates.Running, HealthStatus.Unhealthy, null).ShouldBe(Death.None);
        process.Take(KnownResourceStates.Exited, null, 78).ShouldBe(Death.ByBadSetting);

        process = new SupervisedProcess(_time);
        Run(process, TimeSpan.FromMinutes(1), exitCode: 1).ShouldBe(Death.Temporary);
        process.Take(KnownResourceStates.Starting, null, null).ShouldBe(Death.None);
        process.Take(KnownResourceStates.Running, HealthStatus.Unhealthy, null).ShouldBe(Death.None);
        process.Take(KnownResourceStates.Exited, null, 78).ShouldBe(Death.Temporary, "It served before: others keep running.");
    }

    [Fact]
    public void What_an_operator_stops_is_not_dead()
    {
        var process = new SupervisedProcess(_time);
        process.Take(KnownResourceStates.Running, HealthStatus.Healthy, null);
        process.Take(KnownResourceStates.Stopping, null, null).ShouldBe(Death.None);
        process.Take(KnownResourceStates.Exited, null, 0).ShouldBe(Death.None);
    }

    private Death Run(SupervisedProcess process, TimeSpan healthyFor, int exitCode = 1)
    {
        process.Take(KnownResourceStates.Running, HealthStatus.Unhealthy, null).ShouldBe(Death.None);
        process.Take(KnownResourceStates.Running, HealthStatus.Healthy, null).ShouldBe(Death.None);
        _time.Advance(healthyFor);
        return process.Take(KnownResourceStates.Exited, null, exitCode);
    }
}
