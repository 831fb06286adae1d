using System.ComponentModel.DataAnnotations;

namespace LinkShort.Analytics;

public sealed class AnalyticsOptions
{
    public const string Section = "Analytics";

    /// <summary>Waiting batches are stored together until they hold this many clicks.</summary>
    [Range(1, 100_000, ErrorMessage = "must be from 1 to 100000 clicks. 10000 is a good value; fewer take less memory, more commit less often.")]
    public int ClicksPerTransaction { get; set; } = 10_000;

    /// <summary>Transactions at a time. Two let one prepare while the other waits for the disk.</summary>
    [Range(1, 16, ErrorMessage = "must be from 1 to 16. More than 2 wait for each other's locks on busy links.")]
    public int Writers { get; set; } = 2;
}
