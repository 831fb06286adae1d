using System.ComponentModel.DataAnnotations;

namespace LinkShort.Analytics;

/// <summary>Settings of the analytics service, section <c>Analytics</c> (<c>Analytics__Writers=2</c>).</summary>
public sealed class AnalyticsOptions : IValidatableObject
{
    public const string Section = "Analytics";

    /// <summary>Waiting batches are stored together up to this many clicks.</summary>
    [Range(1, 100_000, ErrorMessage = "must be from 1 to 100000 clicks. 10000 is a good value; lower values use less memory, higher ones commit less often.")]
    public int ClicksPerTransaction { get; set; } = 10_000;

    /// <summary>Concurrent transactions. With two, one prepares while the other waits for the disk.</summary>
    [Range(1, 16, ErrorMessage = "must be from 1 to 16. Values above 2 help only if PostgreSQL has processors to spare.")]
    public int Writers { get; set; } = 2;

    /// <summary>Clicks added to totals and rollups in one transaction.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000 clicks. 200000 is a good value; higher values use more memory, lower ones write the same rows more often.")]
    public int ClicksPerRollup { get; set; } = 200_000;

    /// <summary>How long totals and rollups wait at most while a backlog of raw clicks is being stored. Default 30 s.</summary>
    public TimeSpan RollupTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long clicks may wait for totals and rollups before the health check <c>rollups</c> is degraded.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ErrorMessage = "must be from 00:00:01 to 7.00:00:00, e.g. 00:10:00.")]
    public TimeSpan RollupsDegradedAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long single clicks are kept, unless the workspace's plan says otherwise. Months are dropped once all of their clicks are older; totals and
    /// rollups remain. Format: <c>d.hh:mm:ss</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "31.00:00:00", "36600.00:00:00", ErrorMessage = "must be from 31.00:00:00 to 36600.00:00:00 (days.hours:minutes:seconds).")]
    public TimeSpan RawClickRetention { get; set; } = TimeSpan.FromDays(730);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RollupTimeout < TimeSpan.Zero || RollupTimeout > TimeSpan.FromHours(1))
        {
            yield return new ValidationResult($"is {RollupTimeout} but must be 00:00:00 to 01:00:00, e.g. 00:00:30.", [nameof(RollupTimeout)]);
        }
    }
}
