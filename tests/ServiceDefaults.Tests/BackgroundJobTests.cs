using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LinkShort.ServiceDefaults.Tests;

public sealed class BackgroundJobTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(typeof(TaskCanceledException))] // What HttpClient throws at its time-out.
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task No_exception_in_a_run_ends_the_job(Type failure)
    {
        var time = new FakeTimeProvider();
        using var job = new Job(time, run => run == 1 ? (Exception)Activator.CreateInstance(failure)! : null);
        await job.StartAsync(CancellationToken.None);
        await job.NextRunAsync(1);

        await job.NextRunAsync(2, time, TimeSpan.FromSeconds(1));
        await job.NextRunAsync(3, time, Hour);

        job.ExecuteTask!.IsCompleted.ShouldBeFalse();
        await job.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Pauses_double_up_to_a_minute_and_are_reset_by_a_successful_run()
    {
        var time = new FakeTimeProvider();
        using var job = new Job(time, run => run is <= 8 or 10 ? new TimeoutException() : null);
        await job.StartAsync(CancellationToken.None);
        await job.NextRunAsync(1);
        foreach (var (run, seconds) in new[] { (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 32), (8, 60), (9, 60), (10, 3600), (11, 1) })
        {
            await job.NextRunAsync(run, time, TimeSpan.FromSeconds(seconds));
        }

        await job.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_job_with_a_short_interval_is_retried_at_that_interval()
    {
        var time = new FakeTimeProvider();
        using var job = new Job(time, _ => new TimeoutException(), interval: TimeSpan.FromMilliseconds(500));
        await job.StartAsync(CancellationToken.None);
        await job.NextRunAsync(1);
        await job.NextRunAsync(2, time, TimeSpan.FromMilliseconds(500));
        await job.NextRunAsync(3, time, TimeSpan.FromMilliseconds(500));
        await job.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Stopping_the_service_cancels_a_run_without_a_warning()
    {
        var log = new Lines();
        using var job = new Job(new FakeTimeProvider(), _ => null, logger: log, isEndless: true);
        await job.StartAsync(CancellationToken.None);
        await job.NextRunAsync(1);

        await job.StopAsync(CancellationToken.None);

        job.ExecuteTask!.IsCompletedSuccessfully.ShouldBeTrue();
        log.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_outage_is_logged_less_and_less_often()
    {
        var time = new FakeTimeProvider();
        var log = new Lines();
        using var job = new Job(time, _ => new TimeoutException(), logger: log);
        await job.StartAsync(CancellationToken.None);
        await job.NextRunAsync(1);
        for (var run = 2; run <= 10; run++)
        {
            await job.NextRunAsync(run, time, TimeSpan.FromSeconds(Math.Min(Math.Pow(2, run - 2), 60)));
        }

        await job.StopAsync(CancellationToken.None);
        log.Warnings.Count.ShouldBe(4, "after 1, 2, 4 and 8 failures");
        log.Warnings.ShouldAllBe(line => line.StartsWith("Counting failed (", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_runs_keep_failing_health_is_degraded_and_names_the_job_since_when_how_often_and_the_type_of_error()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
        using var job = new Job(time, run => run <= 5 ? new InvalidOperationException("Host=h1;Username=u1;Password=p1") : null);
        await using var service = await ServiceWithAsync(job, time);
        await job.NextRunAsync(1);
        (await HealthAsync(service)).ShouldBe(("healthy", "healthy", null));

        foreach (var (run, seconds) in new[] { (2, 1), (3, 2), (4, 4) })
        {
            await job.NextRunAsync(run, time, TimeSpan.FromSeconds(seconds));
        }

        (await HealthAsync(service)).ShouldBe(("healthy", "healthy", null), "The first failure was less than ten seconds ago.");
        await job.NextRunAsync(5, time, TimeSpan.FromSeconds(8));
        await Wait.HoldsAsync(async () => await HealthAsync(service) == (
            "degraded", "degraded", "Counting failed 5 times in a row since 2026-11-21T12:00:00Z, the last time with InvalidOperationException."));
        (await service.Client.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await job.NextRunAsync(6, time, TimeSpan.FromSeconds(16));
        await Wait.HoldsAsync(async () => await HealthAsync(service) == ("healthy", "healthy", null));
    }

    [Fact]
    public async Task A_single_failed_run_is_not_reported_however_long_ago_it_was()
    {
        var time = new FakeTimeProvider();
        using var job = new Job(time, run => run == 1 ? new TimeoutException() : null, isEndless: true);
        await using var service = await ServiceWithAsync(job, time);
        await job.NextRunAsync(1);
        await job.NextRunAsync(2, time, TimeSpan.FromSeconds(1));

        time.Advance(Hour);

        (await HealthAsync(service)).ShouldBe(("healthy", "healthy", null));
    }

    private static Task<TestedService> ServiceWithAsync(Job job, FakeTimeProvider time) => TestedService.StartAsync(
        authentication: false,
        configure: builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.AddHostedService(_ => job);
        });

    /// <returns>The states of the service and of the check, and what the check reports.</returns>
    private static async Task<(string Service, string Check, string? Why)> HealthAsync(TestedService service)
    {
        var health = JsonNode.Parse(await service.Client.GetStringAsync("/health"))!;
        return (
            health["status"]!.GetValue<string>(),
            health["checks"]!["background jobs"]!.GetValue<string>(),
            health["problems"]?["background jobs"]!["why"]!.GetValue<string>());
    }

    private sealed class Job(FakeTimeProvider time, Func<int, Exception?> failure, TimeSpan? interval = null, ILogger? logger = null, bool isEndless = false)
        : BackgroundJob("Counting", time, logger ?? NullLogger.Instance)
    {
        private readonly SemaphoreSlim _waits = new(0);
        private volatile int _runs;

        protected override TimeSpan Interval => interval ?? Hour;

        /// <summary>Advances the clock by exactly <paramref name="pause"/> and waits for the run that is then due.</summary>
        public async Task NextRunAsync(int run, FakeTimeProvider? clock = null, TimeSpan pause = default)
        {
            if (clock is not null)
            {
                (await _waits.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue("the job waits for its next run");
                clock.Advance(pause - TimeSpan.FromMilliseconds(1));
                _runs.ShouldBe(run - 1, $"run {run} started before {pause} had passed");
                clock.Advance(TimeSpan.FromMilliseconds(1));
            }

            await Wait.HoldsAsync(() => _runs == run);
        }

        public override void Dispose()
        {
            _waits.Dispose();
            base.Dispose();
        }

        protected override async Task RunAsync(CancellationToken cancellationToken)
        {
            if (failure(++_runs) is { } exception)
            {
                throw exception;
            }

            if (isEndless)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        }

        protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
        {
            var waiting = base.WaitAsync(atMost, cancellationToken);
            _waits.Release();
            return waiting;
        }
    }

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<string> Warnings { get; } = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
            {
                Warnings.Enqueue(formatter(state, exception));
            }
        }
    }
}
