using System.ComponentModel.DataAnnotations;

namespace LinkShort.Identity.AuditLog;

/// <summary>Settings <c>AuditLog__*</c>: how long entries are kept. Times are written <c>d.hh:mm:ss</c>.</summary>
public sealed class AuditLogOptions : IValidatableObject
{
    public const string Section = "AuditLog";

    private static readonly TimeSpan Least = TimeSpan.FromDays(1);
    private static readonly TimeSpan Most = TimeSpan.FromDays(3660);

    /// <summary>Workspaces on the free plan, and any plan without a time of its own here.</summary>
    public TimeSpan FreeRetention { get; set; } = TimeSpan.FromDays(90);

    public TimeSpan ProRetention { get; set; } = TimeSpan.FromDays(365);

    public TimeSpan BusinessRetention { get; set; } = TimeSpan.FromDays(1096);

    /// <summary>What concerns a person or the installation: signing in, changing a password.</summary>
    public TimeSpan PersonRetention { get; set; } = TimeSpan.FromDays(365);

    /// <summary>How often what is too old is looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be from 00:00:01 to 1.00:00:00.")]
    public TimeSpan CleanupInterval { get; set; } = TimeSpan.FromHours(6);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, value) in new[]
        {
            (nameof(FreeRetention), FreeRetention), (nameof(ProRetention), ProRetention),
            (nameof(BusinessRetention), BusinessRetention), (nameof(PersonRetention), PersonRetention),
        })
        {
            if (value < Least || value > Most)
            {
                yield return new ValidationResult("must be from 1.00:00:00 to 3660.00:00:00 (days.hours:minutes:seconds).", [name]);
            }
        }
    }
}
