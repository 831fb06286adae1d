using System.ComponentModel.DataAnnotations;
using System.Net;

namespace LinkShort.Identity.SignIn.Throttling;

/// <summary>
/// How much is too much, under <c>Identity__Throttle__…</c>. Numbers are per hour: what is counted drains at that pace. Beyond it comes
/// a wait, which doubles each time.
/// </summary>
public sealed class ThrottleOptions : IValidatableObject
{
    public const string Section = "Identity:Throttle";

    /// <summary>Wrong passwords for one account from places that it was never used from, all together.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int FailuresPerAccount { get; set; } = 50;

    /// <summary>Wrong passwords from one address (IPv6: /64), whatever the account.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int FailuresPerAddress { get; set; } = 30;

    /// <summary>Wrong passwords from one network (IPv4 /24, IPv6 /48).</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int FailuresPerNetwork { get; set; } = 100;

    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int SignUpsPerAddress { get; set; } = 20;

    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int SignUpsPerNetwork { get; set; } = 50;

    /// <summary>Sign-ups from one network with addresses that have an account already: each answer tells that they have.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int TakenEmailsPerNetwork { get; set; } = 10;

    /// <summary>Mails that strangers can make us send to one address, of each kind.</summary>
    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int MailsPerEmail { get; set; } = 3;

    [Range(1, 1_000_000, ErrorMessage = "must be from 1 to 1000000.")]
    public int MailsPerNetwork { get; set; } = 30;

    /// <summary>
    /// CIDRs, separated by commas, that are not counted as addresses and networks. Loopback by default: what comes from there is the
    /// operator, or a proxy whose <c>X-Forwarded-For</c> isn't believed yet and behind which everybody would be one.
    /// </summary>
    public string ExemptNetworks { get; set; } = "127.0.0.0/8, ::1/128";

    public IReadOnlyList<IPNetwork> Exempt => [.. Parts().Select(IPNetwork.Parse)];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Parts().Where(part => !IPNetwork.TryParse(part, out _)).Select(part => new ValidationResult(
            $"'{part}' is not a network. Write CIDRs like 10.0.0.0/8 or fd00::/8, separated by commas.", [nameof(ExemptNetworks)]));

    private string[] Parts() => ExemptNetworks.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries);
}
