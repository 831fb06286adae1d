using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Sso;

/// <summary>The problem of a provider's failure.</summary>
internal static class SsoProblems
{
    public static ProblemHttpResult Of(ProviderException failure) => failure.Reason == SsoReasons.Unreachable
        ? Problems.SsoUnavailable.Result()
        : Problems.SsoFailed.Result(failure.Text, ("reason", failure.Reason));
}
