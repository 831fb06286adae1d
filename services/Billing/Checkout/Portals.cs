using LinkShort.Billing.Payments;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Stripe;
using Stripe.BillingPortal;

namespace LinkShort.Billing.Checkout;

/// <summary>Stripe's customer portal: payment methods, addresses, invoices.</summary>
public sealed class Portals(IStripeClient stripe, Customers customers, Database database, IOptions<BillingOptions> options)
{
    /// <returns>Null for a workspace that never bought anything, and for one whose customer was deleted at Stripe.</returns>
    public async Task<string?> OpenAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        WorkspaceCustomer? customer;
        await using (var work = await database.BeginAsync(cancellationToken))
        {
            customer = await Customers.FindAsync(work, workspaceId, cancellationToken);
        }

        if (customer is null or { IsDeleted: true })
        {
            return null;
        }

        try
        {
            var session = await new SessionService(stripe).CreateAsync(
                new SessionCreateOptions { Customer = customer.StripeId, ReturnUrl = options.Value.PublicUrl.TrimEnd('/') + "/app/settings/billing" },
                cancellationToken: cancellationToken);
            return session.Url;
        }
        catch (StripeException exception) when (StripeFailures.IsMissingCustomer(exception))
        {
            await customers.ForgetAsync(workspaceId, customer.StripeId, cancellationToken);
            return null;
        }
    }
}

/// <summary>POST /api/v1/billing/portal</summary>
public static class OpenPortal
{
    /// <param name="Url">Send the browser there. It works for a few minutes.</param>
    public sealed record Response(string Url);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(CurrentWorkspace workspace, Portals portals, CancellationToken cancellationToken) =>
        await portals.OpenAsync(workspace.Id, cancellationToken) is { } url
            ? TypedResults.Ok(new Response(url))
            : Problems.NotFound.Result(BillingTexts.Of("billing.noCustomer"));
}
