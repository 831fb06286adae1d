using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Checkout;

/// <summary>POST /api/v1/billing/checkout</summary>
public static class StartCheckout
{
    private const int MaxPromotionCode = 100;

    public sealed record Request
    {
        /// <summary>A plan's key that has prices: pro or business.</summary>
        public required string Plan { get; init; }

        /// <summary>month or year.</summary>
        public required string Interval { get; init; }

        /// <summary>As customers type it.</summary>
        public string? PromotionCode { get; init; }
    }

    /// <param name="Url">Send the browser there.</param>
    /// <param name="SessionId">Of the checkout; null for the portal.</param>
    /// <param name="Kind"><c>checkout</c>, or <c>portal</c> if the workspace pays already: changes are made there.</param>
    public sealed record Response(string Url, string? SessionId, string Kind);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, PlanCatalog plans, CheckoutSessions checkouts, Portals portals, WorkspaceContacts contacts, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var plan = plans.Find(body.Plan);
        var price = plan?.PriceFor(body.Interval);
        if (plan is null || plan.Prices.Count == 0)
        {
            errors.Add("plan", FieldRules.OneOf(plans.All.Where(each => each.Prices.Count > 0).Select(each => each.Key)));
        }
        else if (price?.StripeId is null)
        {
            errors.Add("interval", FieldRules.OneOf(plan.Prices.Where(each => each.StripeId is not null).Select(each => each.Interval)));
        }

        var promotion = body.PromotionCode?.Trim() ?? "";
        if (promotion.Length > MaxPromotionCode || promotion.Any(char.IsControl))
        {
            errors.Add("promotionCode", FieldRules.MaxPrintable(MaxPromotionCode));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (await contacts.FindAsync(user.WorkspaceId, cancellationToken) is not { } contact)
        {
            return Problems.NotFound.Result();
        }

        var wanted = new WantedCheckout(user.WorkspaceId, user.Id, user.Locale, plan!, price!, promotion);
        var start = await checkouts.StartAsync(wanted, contact, cancellationToken);
        return start.Outcome switch
        {
            CheckoutOutcome.Started => TypedResults.Ok(new Response(start.Url!, start.SessionId, "checkout")),
            CheckoutOutcome.UnknownPromotion => ValidationErrors.Of("promotionCode", BillingTexts.Of("billing.promotionCode")),
            CheckoutOutcome.StartedElsewhere => Problems.Conflict.Result(BillingTexts.Of("billing.checkoutElsewhere")),
            _ => await portals.OpenAsync(user.WorkspaceId, cancellationToken) is { } portal
                ? TypedResults.Ok(new Response(portal, null, "portal"))
                : Problems.NotFound.Result(BillingTexts.Of("billing.noCustomer")),
        };
    }
}
