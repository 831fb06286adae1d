using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Stripe;
using Plan = LinkShort.Billing.Plans.Plan;

namespace LinkShort.Billing.Subscriptions;

/// <summary>
/// POST /api/v1/billing/subscription/preview and /change. A larger plan, or a year instead of a month, starts at once and is paid for the rest of the
/// period; a smaller one starts at the period's end.
/// </summary>
public static class ChangeSubscription
{
    public sealed record Request
    {
        /// <summary>A plan's key that has prices.</summary>
        public required string Plan { get; init; }

        /// <summary>month or year.</summary>
        public required string Interval { get; init; }

        /// <summary>From the preview, so that what was shown is what is charged; at most an hour old.</summary>
        public DateTimeOffset? ProrationDate { get; init; }
    }

    /// <param name="Effective"><c>now</c> or <c>periodEnd</c>.</param>
    /// <param name="EffectiveAt">When the new plan starts.</param>
    /// <param name="AmountDue">What is charged now, in minor units; 0 for a change at the period's end.</param>
    /// <param name="NextAmount">Per interval from then on.</param>
    /// <param name="ProrationDate">Send it with the change.</param>
    public sealed record Preview(
        string Plan, string Interval, string Effective, DateTimeOffset EffectiveAt, long AmountDue, long NextAmount, string Currency, DateTimeOffset ProrationDate);

    private static readonly TimeSpan LongestPreview = TimeSpan.FromHours(1);

    public static async Task<Results<Ok<Preview>, ProblemHttpResult>> PreviewAsync(
        Request body, CurrentWorkspace workspace, PlanCatalog plans, Database database, IStripeClient stripe, TimeProvider time, CancellationToken cancellationToken)
    {
        if (CheckFields(body, plans, time.GetUtcNow(), out var target) is { } errors)
        {
            return errors;
        }

        SubscriptionState? current;
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            current = await SubscriptionStore.CurrentAsync(connection, workspace.Id, cancellationToken);
        }

        if (Check(current, target) is { } refusal)
        {
            return refusal;
        }

        var at = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        if (!IsUpgrade(current!, target, plans))
        {
            return TypedResults.Ok(new Preview(
                target.Plan.Key, target.Price.Interval, "periodEnd", current!.PeriodEnd, 0, target.Price.Amount, target.Price.Currency, at));
        }

        var invoice = await new InvoiceService(stripe).CreatePreviewAsync(
            new InvoiceCreatePreviewOptions
            {
                Subscription = current!.Id,
                SubscriptionDetails = new()
                {
                    Items = [new() { Id = current.ItemId, Price = target.Price.StripeId }], ProrationBehavior = "always_invoice", ProrationDate = at.UtcDateTime,
                },
            },
            cancellationToken: cancellationToken);
        return TypedResults.Ok(new Preview(
            target.Plan.Key, target.Price.Interval, "now", at, Math.Max(invoice.AmountDue, 0), target.Price.Amount, invoice.Currency, at));
    }

    public static async Task<Results<Ok<GetSubscription.Response>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentWorkspace workspace, PlanCatalog plans, SubscriptionChanges changes, GetSubscription.Reader reader, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (CheckFields(body, plans, time.GetUtcNow(), out var target) is { } errors)
        {
            return errors;
        }

        return await changes.ChangeAsync(
            workspace.Id, target, body.ProrationDate, current => Check(current, target), current => IsUpgrade(current, target, plans), cancellationToken) is { } refusal
            ? refusal
            : TypedResults.Ok((await reader.ReadAsync(workspace.Id, showsPayment: true, cancellationToken))!);
    }

    private static ProblemHttpResult? CheckFields(Request body, PlanCatalog plans, DateTimeOffset now, out (Plan Plan, PlanPrice Price) target)
    {
        target = default;
        var errors = new ValidationErrors();
        var plan = plans.Find(body.Plan);
        if (plan is null || plan.Prices.Count == 0)
        {
            errors.Add("plan", FieldRules.OneOf(plans.All.Where(each => each.Prices.Count > 0).Select(each => each.Key)));
        }
        else if (plan.PriceFor(body.Interval) is not { StripeId: not null } price)
        {
            errors.Add("interval", FieldRules.OneOf(plan.Prices.Where(each => each.StripeId is not null).Select(each => each.Interval)));
        }
        else
        {
            target = (plan, price);
        }

        if (body.ProrationDate is { } at && (at > now || at < now - LongestPreview))
        {
            errors.Add("prorationDate", BillingTexts.Of("billing.prorationDate"));
        }

        return errors.Any ? errors.ToResult() : null;
    }

    private static ProblemHttpResult? Check(SubscriptionState? current, (Plan Plan, PlanPrice Price) target) =>
        current is null or { IsEnded: true } or { Status: "incomplete" } ? Problems.Conflict.Result(BillingTexts.Of("billing.noSubscription"))
        : current.Status is "past_due" or "unpaid" ? Problems.Conflict.Result(BillingTexts.Of("billing.payFirst"))
        : (current.Plan, current.Interval) == (target.Plan.Key, target.Price.Interval) && current.NextPlan is null
            ? Problems.Conflict.Result(BillingTexts.Of("billing.samePlan"))
        : null;

    private static bool IsUpgrade(SubscriptionState current, (Plan Plan, PlanPrice Price) target, PlanCatalog plans)
    {
        var before = plans.Find(current.Plan)?.Rank ?? -1;
        return target.Plan.Rank > before
            || (target.Plan.Rank == before && current.Interval == PlanPrice.Monthly && target.Price.Interval == PlanPrice.Yearly)
            // Back to the present plan, before a smaller one would start.
            || (current.Plan, current.Interval) == (target.Plan.Key, target.Price.Interval);
    }
}
