using System.ComponentModel.DataAnnotations;

namespace LinkShort.Identity.AuditLog;

/// <summary>Settings <c>AuditLog__*</c>: how long entries are kept. Times are written <c>d.hh:mm:ss</c>.</summary>
public sealed class AuditLogOptions : IValidatableObject
{
    public const string Section = "AuditLog";

    private static readonly TimeSpan Min = TimeSpan.FromDays(1);
    private static readonly TimeSpan Max = TimeSpan.FromDays(3660);

    /// <summary>For workspaces on the free plan, and on any plan without a setting here.</summary>
    public TimeSpan FreeRetention { get; set; } = TimeSpan.FromDays(90);

    public TimeSpan ProRetention { get; set; } = TimeSpan.FromDays(365);

    public TimeSpan BusinessRetention { get; set; } = TimeSpan.FromDays(1096);

    /// <summary>For entries about a user or the installation, such as sign-ins and password changes.</summary>
    public TimeSpan PersonRetention { get; set; } = TimeSpan.FromDays(365);

    /// <summary>How often expired entries are removed.</summary>
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
            if (value < Min || value > Max)
            {
                yield return new ValidationResult("must be from 1.00:00:00 to 3660.00:00:00 (days.hours:minutes:seconds).", [name]);
            }
        }
    }
}
