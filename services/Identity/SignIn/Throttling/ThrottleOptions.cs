using System.ComponentModel.DataAnnotations;
using System.Net;

namespace LinkShort.Identity.SignIn.Throttling;

/// <summary>
/// Rate limits, under <c>Identity__Throttle__…</c>. Numbers are burst sizes that refill within an hour. Beyond them is
/// a wait, which doubles each time.
/// </summary>
public sealed class ThrottleOptions : IValidatableObject
{
    public const string Section = "Identity:Throttle";

    /// <summary>Wrong passwords for one account from all unknown places together.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int FailuresPerAccount { get; set; } = 50;

    /// <summary>Wrong passwords from one IP address (IPv6: /64), for any account.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int FailuresPerAddress { get; set; } = 30;

    /// <summary>Wrong passwords from one network (IPv4 /24, IPv6 /48).</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int FailuresPerNetwork { get; set; } = 100;

    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int SignUpsPerAddress { get; set; } = 20;

    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int SignUpsPerNetwork { get; set; } = 50;

    /// <summary>Sign-ups from one network with taken email addresses, as each response reveals that an account exists.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int TakenEmailsPerNetwork { get; set; } = 10;

    /// <summary>Emails of each kind that callers who aren't signed in can send to one address.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int MailsPerEmail { get; set; } = 3;

    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int MailsPerNetwork { get; set; } = 30;

    /// <summary>
    /// CIDRs, separated by commas, that are exempt from limits per address and network. Loopback by default: its requests come from the
    /// operator, or from a proxy whose <c>X-Forwarded-For</c> isn't trusted yet, behind which all users would share one limit.
    /// </summary>
    public string ExemptNetworks { get; set; } = "127.0.0.0/8, ::1/128";

    public IReadOnlyList<IPNetwork> Exempt => [.. Parts().Select(IPNetwork.Parse)];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Parts().Where(part => !IPNetwork.TryParse(part, out _)).Select(part => new ValidationResult(
            $"'{part}' is not a network. Write CIDRs like 10.0.0.0/8 or fd00::/8, separated by commas.", [nameof(ExemptNetworks)]));

    private string[] Parts() => ExemptNetworks.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries);
}
