using System.Security.Claims;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Endpoints for operators of the installation (<c>Admin__Emails</c>) only.</summary>
public static class OperatorAccess
{
    /// <summary>Name of the policy: a session's token with the claim <c>op</c> and proved own credentials. API keys never have operator access.</summary>
    public const string Policy = "operators";

    /// <summary>The value of <c>amr</c> (RFC 8176) for a sign-in with two factors.</summary>
    public const string TwoFactors = "mfa";

    /// <summary>403 for all other callers; 403 <c>two-factor-enrollment-required</c> for operators who signed in with one factor.</summary>
    public static TBuilder RequireOperator<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(Policy).AddEndpointFilter<TBuilder, Filter>();

    /// <summary>The refusal of an operator without a second factor.</summary>
    public static ProblemHttpResult SecondFactorRequired() => Problems.TwoFactorEnrollmentRequired.Result(AccessTexts.Of("access.operatorFactors"));

    internal static bool IsOperator(ClaimsPrincipal user) =>
        user.FindFirstValue(Tokens.Claims.Operator) == "true"
        && user.FindFirstValue(Tokens.Claims.ViewedBy) is null
        && OwnCredentials.AreProved(user)
        && Guid.TryParse(user.FindFirstValue(Tokens.Claims.Session), out _);

    private sealed class Filter : IEndpointFilter
    {
        public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
            context.HttpContext.User.FindFirstValue(Tokens.Claims.Methods)?.Split(' ').Contains(TwoFactors, StringComparer.Ordinal) == true
                ? next(context)
                : new(SecondFactorRequired());
    }
}
