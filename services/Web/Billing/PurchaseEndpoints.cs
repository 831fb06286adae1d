using LinkShort.Contracts;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Billing;

/// <summary>Where Stripe sends the browser after a checkout: waits until the purchase is known, and says what was bought.</summary>
public static class PurchaseEndpoints
{
    public const string Path = "/billing/success";

    private const string Open = "open";

    /// <summary>Longer ones are no ids of Stripe.</summary>
    private const int MaxId = 255;

    public static void MapPurchases(this IEndpointRouteBuilder routes) => routes.MapGet(Path, ShowAsync).RequireAuthorization().Needs(Permissions.BillingManage);

    public static async Task<IResult> ShowAsync(
        [FromQuery(Name = "session_id")] string? sessionId, LinkShortApi api, PlanStanding standing, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(sessionId) || sessionId.Length > MaxId)
        {
            return Redirect.To(BillingEndpoints.Home);
        }

        var found = await api.GetPurchaseAsync(sessionId, cancellationToken);
        if (!found.Succeeded(out var purchase, out var problem))
        {
            return problem.Status switch
            {
                StatusCodes.Status404NotFound => new RazorComponentResult<PurchasePage>(new { SessionId = sessionId }) { StatusCode = StatusCodes.Status404NotFound },
                // Paid or not, nothing is lost: the page continues to ask.
                >= StatusCodes.Status500InternalServerError => new RazorComponentResult<PurchasePage>(new { SessionId = sessionId, Purchase = new Purchase(Open, "", "", "", null), IsAway = true }),
                _ => new ProblemPage(problem),
            };
        }

        var bought = purchase.Status == "complete" ? (await standing.SubscriptionAsync(cancellationToken)).Value?.Subscription : null;
        return new RazorComponentResult<PurchasePage>(new { SessionId = sessionId, Purchase = purchase, Bought = bought });
    }
}
