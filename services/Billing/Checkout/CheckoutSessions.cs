using System.Net;
using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Subscriptions;
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

public enum CheckoutOutcome
{
    /// <summary>The browser can be sent to the session.</summary>
    Started,

    /// <summary>The workspace has a live subscription.</summary>
    PaysAlready,

    /// <summary>Stripe has no such promotion code.</summary>
    UnknownPromotion,

    /// <summary>Other checkouts of the workspace were started again and again at the same time.</summary>
    StartedElsewhere,
}

/// <param name="Url">Null unless it was started.</param>
public sealed record StartedCheckout(CheckoutOutcome Outcome, string? Url = null, string? SessionId = null);

/// <summary>
/// Checkout sessions at Stripe. The purchase is stored first, and its id is the idempotency key: a double click, a retry and a restart in
/// between all get the same session. A workspace has one session that can be paid at most: two, paid in two tabs, would be two subscriptions.
/// </summary>
public sealed class CheckoutSessions(
    IStripeClient stripe, Customers customers, CheckoutCompletion completion, Database database, AuditTrail audit, IOptions<BillingOptions> options, TimeProvider time)
{
    private const int Attempts = 5;

    /// <summary>Stripe remembers a failure of its own with the idempotency key: the attempt after this many gets another key.</summary>
    private const int MostFailures = 2;

    /// <summary>Stripe's own sessions live for a day; a price or a code may change sooner.</summary>
    private static readonly TimeSpan Reusable = TimeSpan.FromMinutes(30);

    public async Task<StartedCheckout> StartAsync(WantedCheckout wanted, WorkspaceContact contact, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        if (await IsPayingAsync(wanted.WorkspaceId, cancellationToken))
        {
            return new StartedCheckout(CheckoutOutcome.PaysAlready);
        }

        string? promotion = null;
        if (wanted.Promotion.Length > 0 && (promotion = await FindPromotionAsync(wanted.Promotion, cancellationToken)) is null)
        {
            return new StartedCheckout(CheckoutOutcome.UnknownPromotion);
        }

        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var customer = await customers.EnsureAsync(contact, cancellationToken);
            // Committed before Stripe is asked: a process that dies in between leaves the key.
            var purchaseId = await PurchaseAsync(wanted, cancellationToken);
            try
            {
                if (await TryStartAsync(wanted, customer, promotion, purchaseId, cancellationToken) is { } started)
                {
                    return started;
                }
            }
            catch (StripeException exception) when (StripeFailures.IsMissingCustomer(exception))
            {
                // Deleted in Stripe's dashboard, and the event was lost.
                await customers.ForgetAsync(wanted.WorkspaceId, customer.StripeId, cancellationToken);
                await AbandonAsync(wanted.WorkspaceId, purchaseId, cancellationToken);
            }
            catch (StripeException exception) when (exception.StripeError?.Type == "idempotency_error")
            {
                // The key was used with other values: of a trial, an address or settings that have changed.
                await AbandonAsync(wanted.WorkspaceId, purchaseId, cancellationToken);
            }
            catch (StripeException exception) when (exception.HttpStatusCode >= HttpStatusCode.InternalServerError)
            {
                await CountFailureAsync(wanted.WorkspaceId, purchaseId, cancellationToken);
                throw;
            }
        }

        return new StartedCheckout(CheckoutOutcome.StartedElsewhere);
    }

    /// <summary>Closes what can still be paid.</summary>
    public async Task ExpireAllAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (await Customers.FindAsync(work, workspaceId, cancellationToken) is { IsDeleted: false } customer)
        {
            var open = await OpenAtStripeAsync(customer, cancellationToken);
            await CloseOthersAsync(work, workspaceId, open, null, cancellationToken);
            await work.ExecuteAsync("update checkouts set state = 'expired' where workspace_id = @workspaceId and state = 'open'", new { workspaceId }, cancellationToken);
        }
    }

    /// <summary>Checks, creates and expires with the workspace locked: of two checkouts at once, the later one closes the other.</summary>
    /// <returns>Null if the purchase can't be paid any more, so that another one is needed.</returns>
    private async Task<StartedCheckout?> TryStartAsync(
        WantedCheckout wanted, WorkspaceCustomer customer, string? promotion, Guid purchaseId, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, wanted.WorkspaceId, cancellationToken);
        if ((await SubscriptionStore.LiveAsync(work, wanted.WorkspaceId, cancellationToken)).Count > 0)
        {
            return new StartedCheckout(CheckoutOutcome.PaysAlready);
        }

        var purchase = await work.QuerySingleOrDefaultAsync<Purchase>(
            "select id, session_id, url from checkouts where workspace_id = @WorkspaceId and id = @purchaseId and state = 'open'",
            new { wanted.WorkspaceId, purchaseId }, cancellationToken);
        if (purchase is null)
        {
            return null;
        }

        if (purchase.SessionId is null)
        {
            purchase = await CreateAsync(work, wanted, customer, promotion, purchase.Id, cancellationToken);
        }

        var open = await OpenAtStripeAsync(customer, cancellationToken);
        await CloseOthersAsync(work, wanted.WorkspaceId, open, open.Contains(purchase.SessionId!) ? purchase.SessionId : null, cancellationToken);
        await work.ExecuteAsync(
            "update checkouts set state = 'expired' where workspace_id = @WorkspaceId and id <> @Id and state = 'open' and session_id is null",
            new { wanted.WorkspaceId, purchase.Id }, cancellationToken);
        var pays = (await SubscriptionStore.LiveAsync(work, wanted.WorkspaceId, cancellationToken)).Count > 0;
        if (pays && open.Contains(purchase.SessionId!))
        {
            await CloseAsync(work, wanted.WorkspaceId, purchase.SessionId!, isOpen: true, cancellationToken);
        }

        await work.CommitAsync(cancellationToken);
        return pays ? new StartedCheckout(CheckoutOutcome.PaysAlready)
            : open.Contains(purchase.SessionId!) ? new StartedCheckout(CheckoutOutcome.Started, purchase.Url, purchase.SessionId)
            : null;
    }

    private async Task<Purchase> CreateAsync(
        UnitOfWork work, WantedCheckout wanted, WorkspaceCustomer customer, string? promotion, Guid purchaseId, CancellationToken cancellationToken)
    {
        var session = await new SessionService(stripe).CreateAsync(
            Options(wanted, customer, promotion), new RequestOptions { IdempotencyKey = $"checkout-{purchaseId}" }, cancellationToken);
        await work.ExecuteAsync(
            "update checkouts set session_id = @SessionId, url = @Url where workspace_id = @WorkspaceId and id = @purchaseId",
            new { SessionId = session.Id, session.Url, wanted.WorkspaceId, purchaseId }, cancellationToken);
        work.Publish(audit.Entry(
            "subscription.checkoutStarted", "workspace", wanted.WorkspaceId, after: new { plan = wanted.Plan.Key, wanted.Price.Interval }, workspace: wanted.WorkspaceId));
        return new Purchase(purchaseId, session.Id, session.Url);
    }

    /// <summary>Stripe's own list: it also has the session of a process that died before it could store it.</summary>
    private async Task<HashSet<string>> OpenAtStripeAsync(WorkspaceCustomer customer, CancellationToken cancellationToken)
    {
        try
        {
            var listed = await new SessionService(stripe).ListAsync(
                new SessionListOptions { Customer = customer.StripeId, Status = "open", Limit = 100 }, cancellationToken: cancellationToken);
            return listed.Data.Select(session => session.Id).ToHashSet(StringComparer.Ordinal);
        }
        catch (StripeException exception) when (StripeFailures.IsMissing(exception))
        {
            // A customer that was deleted can pay nothing.
            return [];
        }
    }

    /// <param name="except">The session that stays open.</param>
    private async Task CloseOthersAsync(UnitOfWork work, Guid workspaceId, HashSet<string> open, string? except, CancellationToken cancellationToken)
    {
        var stored = await work.QueryAsync<string>(
            "select session_id from checkouts where workspace_id = @workspaceId and state = 'open' and session_id is not null", new { workspaceId }, cancellationToken);
        foreach (var sessionId in open.Union(stored).Where(sessionId => sessionId != except))
        {
            await CloseAsync(work, workspaceId, sessionId, open.Contains(sessionId), cancellationToken);
        }
    }

    /// <summary>Expires a session. One that was paid in the meantime is completed instead.</summary>
    private async Task CloseAsync(UnitOfWork work, Guid workspaceId, string sessionId, bool isOpen, CancellationToken cancellationToken)
    {
        var sessions = new SessionService(stripe);
        try
        {
            var session = isOpen ? null : await sessions.GetAsync(sessionId, cancellationToken: cancellationToken);
            if (session is null or { Status: "open" })
            {
                // Also one of a former customer, which isn't listed.
                session = await ExpireAsync(sessions, sessionId, cancellationToken);
            }

            await completion.CompleteAsync(work, workspaceId, session, "checkout", cancellationToken);
        }
        catch (StripeException exception) when (exception.HttpStatusCode == HttpStatusCode.NotFound && !isOpen)
        {
            await work.ExecuteAsync(
                "update checkouts set state = 'expired' where workspace_id = @workspaceId and session_id = @sessionId and state = 'open'",
                new { workspaceId, sessionId }, cancellationToken);
        }
    }

    private static async Task<Session> ExpireAsync(SessionService sessions, string sessionId, CancellationToken cancellationToken)
    {
        try
        {
            return await sessions.ExpireAsync(sessionId, cancellationToken: cancellationToken);
        }
        catch (StripeException exception) when (exception.HttpStatusCode == HttpStatusCode.BadRequest)
        {
            // Paid or expired since it was listed.
            return await sessions.GetAsync(sessionId, cancellationToken: cancellationToken);
        }
    }

    private async Task<bool> IsPayingAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        return (await SubscriptionStore.LiveAsync(work, workspaceId, cancellationToken)).Count > 0;
    }

    private async Task AbandonAsync(Guid workspaceId, Guid purchaseId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            "update checkouts set state = 'expired' where workspace_id = @workspaceId and id = @purchaseId and state = 'open'", new { workspaceId, purchaseId }, cancellationToken);
    }

    private async Task CountFailureAsync(Guid workspaceId, Guid purchaseId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            update checkouts set failures = failures + 1, state = case when failures + 1 >= @MostFailures then 'expired' else state end
            where workspace_id = @workspaceId and id = @purchaseId and state = 'open'
            """,
            new { workspaceId, purchaseId, MostFailures }, cancellationToken);
    }

    private async Task<Guid> PurchaseAsync(WantedCheckout wanted, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, wanted.WorkspaceId, cancellationToken);
        var existing = await work.ExecuteScalarAsync<Guid?>(
            """
            select id from checkouts
            where workspace_id = @WorkspaceId and plan = @Key and interval = @Interval and promotion = @Promotion and state = 'open' and created_at > @Since
            order by created_at desc limit 1
            """,
            new { wanted.WorkspaceId, wanted.Plan.Key, wanted.Price.Interval, wanted.Promotion, Since = now - Reusable }, cancellationToken);
        if (existing is { } reusable)
        {
            return reusable;
        }

        var id = Guid.CreateVersion7(now);
        await work.ExecuteAsync(
            """
            insert into checkouts (id, workspace_id, user_id, plan, interval, promotion, state, created_at)
            values (@id, @WorkspaceId, @UserId, @Key, @Interval, @Promotion, 'open', @now)
            """,
            new { id, wanted.WorkspaceId, wanted.UserId, wanted.Plan.Key, wanted.Price.Interval, wanted.Promotion, now }, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return id;
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
            Locale = CheckoutLocales.Of(wanted.Locale),
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
