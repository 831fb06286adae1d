using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults.Health;

/// <summary>
/// Degraded while the runs of any <see cref="BackgroundJob"/> of this service keep failing. Never worse: requests are still answered, and a
/// dependency that they need has a check of its own.
/// </summary>
internal sealed class BackgroundJobsCheck(IServiceProvider services, TimeProvider time) : IHealthCheck
{
    public const string Name = "background jobs";

    /// <summary>A failure that a retry within this time corrects, such as the restart of another service, is not reported.</summary>
    private static readonly TimeSpan ReportedAfter = TimeSpan.FromSeconds(10);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        var problems = services.GetServices<IHostedService>().OfType<BackgroundJob>()
            .Select(job => job.Failing is { Count: > 1 } failing && now - failing.Since >= ReportedAfter ? Describe(job, failing) : null)
            .OfType<string>()
            .ToList();
        return Task.FromResult(problems.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(' ', problems)));
    }

    private static string Describe(BackgroundJob job, FailedRuns failing) => string.Create(
        CultureInfo.InvariantCulture,
        $"{job.JobName} failed {failing.Count} times in a row since {failing.Since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}, the last time with "
        + $"{failing.LastError}.");
}
