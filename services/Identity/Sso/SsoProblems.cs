using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Sso;

/// <summary>What a provider's failure is to whoever signs in.</summary>
internal static class SsoProblems
{
    public static ProblemHttpResult Of(ProviderException failure) => failure.Reason == SsoReasons.Unreachable
        ? Problems.SsoUnavailable.Result()
        : Problems.SsoFailed.Result(failure.Message, ("reason", failure.Reason));
}
