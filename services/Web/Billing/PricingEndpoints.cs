using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Billing;

/// <param name="Interval">Of the prices; month without one.</param>
/// <param name="Plan">The plan that was chosen before signing up.</param>
/// <param name="PromotionCode">As typed.</param>
public sealed record PlanChoice(string? Interval = null, string? Plan = null, string? PromotionCode = null)
{
    /// <summary>The page with this choice.</summary>
    public string Path
    {
        get
        {
            var query = QueryString.Create("interval", Intervals.Of(Interval));
            query = string.IsNullOrWhiteSpace(Plan) ? query : query.Add("plan", Plan);
            query = string.IsNullOrWhiteSpace(PromotionCode) ? query : query.Add("promotionCode", PromotionCode.Trim());
            return PricingEndpoints.Path + query;
        }
    }
}

/// <summary>The plans and their prices, for everybody.</summary>
public static class PricingEndpoints
{
    public const string Path = "/pricing";

    public static void MapPricing(this IEndpointRouteBuilder routes) => routes.MapGet(Path, ShowAsync).AllowAnonymous();

    public static Task<Results<RazorComponentResult<PricingPage>, ProblemPage>> ShowAsync(
        [AsParameters] PlanChoice choice, PlanOffers offers, PlanStanding standing, CurrentSession session, CancellationToken cancellationToken) =>
        PageAsync(choice, null, offers, session.Current is null ? null : standing, cancellationToken);

    /// <param name="problem">Why a checkout didn't start.</param>
    /// <param name="standing">Null for visitors without an account.</param>
    internal static async Task<Results<RazorComponentResult<PricingPage>, ProblemPage>> PageAsync(
        PlanChoice choice, ApiProblem? problem, PlanOffers offers, PlanStanding? standing, CancellationToken cancellationToken)
    {
        if (!(await offers.AskAsync()).Succeeded(out var offer, out var refused) && refused.Status != StatusCodes.Status404NotFound)
        {
            return new ProblemPage(refused);
        }

        // Without an answer, the plans can still be read and bought: the API knows what the workspace has.
        var subscription = standing is null || offer is null ? null : (await standing.SubscriptionAsync(cancellationToken)).Value;
        return new RazorComponentResult<PricingPage>(new { Offer = offer, Choice = choice, Subscription = subscription, Problem = problem })
        {
            StatusCode = offer is null ? StatusCodes.Status404NotFound : problem?.Status,
        };
    }
}
