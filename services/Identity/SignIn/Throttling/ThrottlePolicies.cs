using System.Net;
using LinkShort.Values;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Throttling;

/// <summary>The limits on attempts, and their waits.</summary>
public sealed class ThrottlePolicies(IOptions<ThrottleOptions> options, IOptions<IdentityServiceOptions> identity)
{
    private const string LockoutPrefix = "lockout.";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly IReadOnlyList<IPNetwork> _exempt = options.Value.Exempt;

    /// <summary>Wrong passwords for an account from one place: by default five, then a wait of 5 minutes, 10, 20 … up to an hour.</summary>
    public ThrottlePolicy Lockout { get; } = new(
        LockoutPrefix + "place", identity.Value.LockoutAttempts, TimeSpan.FromDays(1), identity.Value.LockoutDuration, identity.Value.LockoutMaxDuration);

    /// <summary>Wrong passwords from all unknown places together. The waits are short, and don't apply to known places.</summary>
    public ThrottlePolicy AccountLockout { get; } = new(
        LockoutPrefix + "account", options.Value.FailuresPerAccount, Hour, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15));

    public ThrottlePolicy FailuresPerAddress { get; } = Hourly("failures.address", options.Value.FailuresPerAddress);

    public ThrottlePolicy FailuresPerNetwork { get; } = Hourly("failures.network", options.Value.FailuresPerNetwork);

    public ThrottlePolicy SignUpsPerAddress { get; } = Hourly("signUps.address", options.Value.SignUpsPerAddress);

    public ThrottlePolicy SignUpsPerNetwork { get; } = Hourly("signUps.network", options.Value.SignUpsPerNetwork);

    public ThrottlePolicy TakenEmails { get; } = Hourly("taken.network", options.Value.TakenEmailsPerNetwork);

    public ThrottlePolicy MailsPerEmail { get; } = Hourly("mails.email", options.Value.MailsPerEmail);

    public ThrottlePolicy MailsPerNetwork { get; } = Hourly("mails.network", options.Value.MailsPerNetwork);

    public static bool IsLockout(ThrottlePolicy policy) => policy.Name.StartsWith(LockoutPrefix, StringComparison.Ordinal);

    /// <returns>Null for an exempt address.</returns>
    public string? AddressOf(HttpContext context) => NetworkPrefix.Fine(Counted(context));

    /// <returns>Null for an exempt address.</returns>
    public string? NetworkOf(HttpContext context) => NetworkPrefix.Coarse(Counted(context));

    private IPAddress? Counted(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is null || _exempt.Any(network => network.Contains(plain)) ? null : plain;
    }

    private static ThrottlePolicy Hourly(string name, int permits) => new(name, permits, Hour, TimeSpan.FromMinutes(1), Hour);
}
