using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Reconciliation;

/// <summary>POST /internal/reconciliation, for <c>./linkshort reconcile</c>.</summary>
public static class RunReconciliation
{
    public static async Task<Results<Ok<ReconciliationReport>, ProblemHttpResult>> HandleAsync(
        Reconciler reconciler, PlanCatalog plans, CancellationToken cancellationToken)
    {
        if (!plans.SellsPlans)
        {
            return Problems.BillingDisabled.Result();
        }

        try
        {
            return TypedResults.Ok(await reconciler.ReconcileAsync(cancellationToken));
        }
        catch (Exception exception) when (StripeFailures.IsOutage(exception, cancellationToken))
        {
            return StripeFailures.Unavailable();
        }
    }
}
