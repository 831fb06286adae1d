using System.ComponentModel.DataAnnotations;

namespace LinkShort.Redirect;

/// <summary>Settings of the redirect service, section <c>Redirect</c> (<c>Redirect__CacheEntries=100000</c>).</summary>
public sealed class RedirectOptions : IValidatableObject
{
    public const string Section = "Redirect";

    /// <summary>Links kept in memory, and as many unknown codes. Default 100,000.</summary>
    [Range(100, 10_000_000, ErrorMessage = "must be 100 to 10000000, e.g. 100000.")]
    public int CacheEntries { get; set; } = 100_000;

    /// <summary>How often the read model is compared with links, by one replica. Default 5 min, give or take a tenth.</summary>
    public TimeSpan ReconcileInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Lookups per second in PostgreSQL and links for codes that the filter excludes, because a code may belong to a link created just now, and
    /// as many for codes that were not found before. Default 50.
    /// </summary>
    [Range(1, 100_000, ErrorMessage = "must be 1 to 100000, e.g. 50.")]
    public int UnknownLookupsPerSecond { get; set; } = 50;

    /// <summary>Burst size of those lookups. Default 500.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be 1 to 1000000, e.g. 500.")]
    public int UnknownLookupsBurst { get; set; } = 500;

    /// <summary>How often waiting clicks are published. Default 200 ms.</summary>
    public TimeSpan PublishInterval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How fast a backlog of clicks is published. Default 26,500 per processor: about as many as visitors can cause, and few enough that
    /// analytics and PostgreSQL leave half of the processors to visitors where all share one machine.
    /// </summary>
    [Range(1_000, 100_000_000, ErrorMessage = "must be 1000 to 100000000, e.g. 53000.")]
    public int PublishClicksPerSecond { get; set; } = 26_500 * Environment.ProcessorCount;

    /// <summary>Disk space for waiting clicks; beyond it clicks are dropped and counted. Default 1 GiB.</summary>
    [Range(1 << 20, long.MaxValue, ErrorMessage = "must be at least 1048576 (1 MiB), e.g. 1073741824.")]
    public long SpoolQuotaBytes { get; set; } = 1L << 30;

    /// <summary>Size of one spool file. Default 16 MiB, about 80,000 clicks.</summary>
    [Range(1 << 16, 1 << 30, ErrorMessage = "must be 65536 (64 KiB) to 1073741824 (1 GiB), e.g. 16777216.")]
    public int SpoolSegmentBytes { get; set; } = 16 << 20;

    /// <summary>Unknown codes that one address may request within the window before it gets 429 for them. 0: no limit. Default 60.</summary>
    [Range(0, 65_535, ErrorMessage = "must be 0 (no limit) to 65535, e.g. 60.")]
    public int UnknownCodesPermitLimit { get; set; } = 60;

    /// <summary>Length of that window. Default 60.</summary>
    [Range(1, 3_600, ErrorMessage = "must be 1 to 3600 seconds, e.g. 60.")]
    public int UnknownCodesWindowSeconds { get; set; } = 60;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (key, value) in new[]
        {
            (nameof(PublishInterval), PublishInterval),
            (nameof(ReconcileInterval), ReconcileInterval),
        })
        {
            if (value < TimeSpan.FromMilliseconds(1) || value > TimeSpan.FromDays(1))
            {
                yield return new ValidationResult($"is {value} but must be 00:00:00.001 to 1.00:00:00, e.g. 00:05:00.", [key]);
            }
        }

        if (SpoolSegmentBytes > SpoolQuotaBytes)
        {
            yield return new ValidationResult($"must not be larger than SpoolQuotaBytes ({SpoolQuotaBytes}).", [nameof(SpoolSegmentBytes)]);
        }
    }
}
