using LinkShort.Identity.SignIn.Throttling;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.Register;

/// <summary>How many accounts one address and one network can make, and how many addresses they can find out to be taken.</summary>
public sealed class SignUpLimits(Throttle throttle, ThrottlePolicies policies)
{
    /// <returns>What to answer when it is too many; null: go on.</returns>
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

    /// <summary>Who asks for one taken address after the other isn't signing up.</summary>
    public async Task<ProblemHttpResult?> CountTakenAsync(HttpContext context, CancellationToken cancellationToken)
    {
        ThrottleKey[] keys = policies.NetworkOf(context) is { } network ? [throttle.Key(policies.TakenEmails, network)] : [];
        return await throttle.CountAsync(keys, cancellationToken) is { Refused: true } block ? throttle.Answer(block, context) : null;
    }
}
