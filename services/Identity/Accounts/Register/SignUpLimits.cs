using LinkShort.Identity.SignIn.Throttling;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Accounts.Register;

/// <summary>Limits sign-ups per IP address and network, and how many taken email addresses a network can discover.</summary>
public sealed class SignUpLimits(Throttle throttle, ThrottlePolicies policies, IOptions<IdentityServiceOptions> options)
{
    /// <summary>Whether a taken address is reported, and counted, instead of being hidden.</summary>
    public bool RevealTaken => options.Value.RevealTakenEmails;

    /// <returns>The refusal; null within the limits.</returns>
    public async Task<ProblemHttpResult?> CountAsync(HttpContext context, CancellationToken cancellationToken)
    {
        List<ThrottleKey> keys = [];
        if (policies.AddressOf(context) is { } address)
        {
            keys.Add(throttle.Key(policies.SignUpsPerAddress, address));
        }

        if (policies.NetworkOf(context) is { } network)
        {
            keys.Add(throttle.Key(policies.SignUpsPerNetwork, network));
        }

        return await throttle.CountAsync(keys, cancellationToken) is { Refused: true } block ? throttle.Answer(block, context) : null;
    }

    /// <summary>Counts a taken address: many of them are an enumeration, not a sign-up.</summary>
    public async Task<ProblemHttpResult?> CountTakenAsync(HttpContext context, CancellationToken cancellationToken)
    {
        ThrottleKey[] keys = policies.NetworkOf(context) is { } network ? [throttle.Key(policies.TakenEmails, network)] : [];
        return await throttle.CountAsync(keys, cancellationToken) is { Refused: true } block ? throttle.Answer(block, context) : null;
    }
}
