using System.Net;
using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;
using Stripe;
using Stripe.Checkout;
using Plan = LinkShort.Billing.Plans.Plan;

namespace LinkShort.Billing.Checkout;

/// <param name="Locale">The buyer's language.</param>
/// <param name="Promotion">The code as typed; empty for none.</param>
public sealed record WantedCheckout(Guid WorkspaceId, Guid UserId, string Locale, Plan Plan, PlanPrice Price, string Promotion);

/// <summary>
/// Checkout sessions at Stripe. The purchase is stored first, and its id is the idempotency key: a double click, a retry and a restart in
/// between all get the same session.
/// </summary>
public sealed class CheckoutSessions(
    IStripeClient stripe, Customers customers, Database database, AuditTrail audit, IOptions<BillingOptions> options, TimeProvider time)
{
    /// <summary>Stripe's own sessions live for a day; a price or a code may change sooner.</summary>
    private static readonly TimeSpan Reusable = TimeSpan.FromMinutes(30);

    public async Task<bool> HasLiveSubscriptionAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(
            "select exists (select from subscriptions where workspace_id = @workspaceId and status in ('active', 'trialing', 'past_due', 'unpaid', 'paused'))",
            new { workspaceId }, cancellationToken);
    }

    /// <returns>Null for a promotion code that isn't valid.</returns>
    public async Task<(string Url, string SessionId)?> StartAsync(WantedCheckout wanted, WorkspaceContact contact, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        string? promotion = null;
        if (wanted.Promotion.Length > 0 && (promotion = await FindPromotionAsync(wanted.Promotion, cancellationToken)) is null)
        {
            return null;
        }

        var customer = await customers.EnsureAsync(contact, cancellationToken);
        var purchase = await PurchaseAsync(wanted, cancellationToken);
        await ExpireOthersAsync(wanted.WorkspaceId, purchase.Id, cancellationToken);
        if (purchase is { Url: { } url, SessionId: { } sessionId })
        {
            return (url, sessionId);
        }

        var session = await new SessionService(stripe).CreateAsync(
            Options(wanted, customer, promotion), new RequestOptions { IdempotencyKey = $"checkout-{purchase.Id}" }, cancellationToken);
        await using var work = await database.BeginAsync(cancellationToken);
        await work.ExecuteAsync(
            "update checkouts set session_id = @SessionId, url = @Url where workspace_id = @WorkspaceId and id = @Id",
            new { SessionId = session.Id, session.Url, wanted.WorkspaceId, purchase.Id }, cancellationToken);
        work.Publish(audit.Entry(
            "subscription.checkoutStarted", "workspace", wanted.WorkspaceId, after: new { plan = wanted.Plan.Key, wanted.Price.Interval }, workspace: wanted.WorkspaceId));
        await work.CommitAsync(cancellationToken);
        return (session.Url, session.Id);
    }

    /// <summary>A workspace has one open checkout at most: two, paid in two tabs, would be two subscriptions.</summary>
    private async Task ExpireOthersAsync(Guid workspaceId, Guid purchaseId, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> others;
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            others = await connection.QueryAsync<string>(
                "select session_id from checkouts where workspace_id = @workspaceId and id <> @purchaseId and state = 'open' and session_id is not null",
                new { workspaceId, purchaseId }, cancellationToken);
        }

        foreach (var sessionId in others)
        {
            try
            {
                await new SessionService(stripe).ExpireAsync(sessionId, cancellationToken: cancellationToken);
            }
            catch (StripeException exception) when (exception.HttpStatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound)
            {
                // Expired or paid already: its event says which.
            }

            await using var connection = await database.OpenAsync(cancellationToken);
            await connection.ExecuteAsync(
                "update checkouts set state = 'expired' where workspace_id = @workspaceId and session_id = @sessionId and state = 'open'",
                new { workspaceId, sessionId }, cancellationToken);
        }
    }

    private async Task<Purchase> PurchaseAsync(WantedCheckout wanted, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, wanted.WorkspaceId, cancellationToken);
        var purchase = await work.QuerySingleOrDefaultAsync<Purchase>(
            """
            select id, session_id, url from checkouts
            where workspace_id = @WorkspaceId and plan = @Key and interval = @Interval and promotion = @Promotion and state = 'open' and created_at > @Since
            order by created_at desc limit 1
            """,
            new { wanted.WorkspaceId, wanted.Plan.Key, wanted.Price.Interval, wanted.Promotion, Since = now - Reusable }, cancellationToken);
        if (purchase is not null)
        {
            return purchase;
        }

        purchase = new Purchase(Guid.CreateVersion7(now), null, null);
        await work.ExecuteAsync(
            """
            insert into checkouts (id, workspace_id, user_id, plan, interval, promotion, state, created_at)
            values (@Id, @WorkspaceId, @UserId, @Key, @Interval, @Promotion, 'open', @now)
            """,
            new { purchase.Id, wanted.WorkspaceId, wanted.UserId, wanted.Plan.Key, wanted.Price.Interval, wanted.Promotion, now }, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return purchase;
    }

    private async Task<string?> FindPromotionAsync(string code, CancellationToken cancellationToken)
    {
        var found = await new PromotionCodeService(stripe).ListAsync(
            new PromotionCodeListOptions { Code = code, Active = true, Limit = 1 }, cancellationToken: cancellationToken);
        return found.Data.FirstOrDefault()?.Id;
    }

    private SessionCreateOptions Options(WantedCheckout wanted, WorkspaceCustomer customer, string? promotion)
    {
        var settings = options.Value;
        var root = settings.PublicUrl.TrimEnd('/');
        var metadata = new Dictionary<string, string> { ["workspace_id"] = wanted.WorkspaceId.ToString(), ["user_id"] = wanted.UserId.ToString() };
        var trial = customer.TrialUsedAt is null && settings.TrialDays > 0;
        return new SessionCreateOptions
        {
            Mode = "subscription",
            Customer = customer.StripeId,
            ClientReferenceId = wanted.WorkspaceId.ToString(),
            LineItems = [new() { Price = wanted.Price.StripeId, Quantity = 1 }],
            SuccessUrl = root + "/billing/success?session_id={CHECKOUT_SESSION_ID}",
            CancelUrl = root + "/pricing",
            Locale = wanted.Locale,
            Metadata = metadata,
            SubscriptionData = new()
            {
                Metadata = metadata,
                TrialPeriodDays = trial ? settings.TrialDays : null,
                TrialSettings = trial ? new() { EndBehavior = new() { MissingPaymentMethod = "cancel" } } : null,
            },
            PaymentMethodCollection = trial && settings.TrialWithoutCard ? "if_required" : "always",
            AutomaticTax = settings.AutomaticTax ? new() { Enabled = true } : null,
            CustomerUpdate = settings.AutomaticTax || settings.CollectTaxIds ? new() { Address = "auto", Name = "auto" } : null,
            TaxIdCollection = settings.CollectTaxIds ? new() { Enabled = true } : null,
            Discounts = promotion is null ? null : [new() { PromotionCode = promotion }],
            AllowPromotionCodes = promotion is null ? true : null,
        };
    }

    private sealed record Purchase(Guid Id, string? SessionId, string? Url);
}
