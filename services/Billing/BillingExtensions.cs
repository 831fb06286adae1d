using LinkShort.Billing.Checkout;
using LinkShort.Billing.Grants;
using LinkShort.Billing.Invoices;
using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Privacy;
using LinkShort.Billing.Reconciliation;
using LinkShort.Billing.Revenue;
using LinkShort.Billing.Storage;
using LinkShort.Billing.Subscriptions;
using LinkShort.Billing.Usage;
using LinkShort.Billing.Webhook;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using MassTransit;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Billing;

/// <summary>Registers billing and maps its endpoints.</summary>
public static class BillingExtensions
{
    private const int MaxBody = 64 * 1024;

    public static void AddBilling(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        builder.AddValidatedOptions<StripeOptions>(StripeOptions.Section);
        builder.Services.AddSingleton<BillingMetrics>();
        builder.Services.AddSingleton<PlanCatalog>();
        builder.Services.AddSingleton<CurrentPlans>();
        builder.Services.AddSingleton<PlanReader>();
        builder.Services.AddSingleton<WorkspaceContacts>();
        builder.Services.AddHostedService<PlanSettingsJob>();
        builder.Services.AddSingleton<GrantExpiry>();
        builder.Services.AddHostedService(services => services.GetRequiredService<GrantExpiry>());
        builder.Services.AddHourlyCleanup(
            "Usage of old months",
            """
            -- every workspace: months that are no longer shown
            delete from usage where month < @Before
            """,
            now => new { Before = new DateOnly(now.Year, now.Month, 1).AddMonths(-GetUsage.Months) });
        builder.AddPayments();
        builder.AddWorkspaceErasure<WorkspaceBillingEraser>();
        builder.AddPersonalData(PersonalData.Map);
    }

    private static void AddPayments(this IHostApplicationBuilder builder)
    {
        builder.AddStripe();
        builder.AddIdempotency();
        builder.Services.AddSingleton<GetSubscription.Reader>();
        builder.Services.AddSingleton<Customers>();
        builder.Services.AddSingleton<CheckoutSessions>();
        builder.Services.AddSingleton<CheckoutCompletion>();
        builder.Services.AddSingleton<Portals>();
        builder.Services.AddSingleton<SubscriptionSync>();
        builder.Services.AddSingleton<SubscriptionChanges>();
        builder.Services.AddSingleton<InvoiceStore>();
        builder.Services.AddSingleton<EventHandlers>();
        builder.Services.AddSingleton<StripeEvents>();
        builder.Services.AddHostedService<InvoiceRetention>();
        builder.Services.AddSingleton<Dunning>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Dunning>());
        builder.Services.AddSingleton<ContactRefresher>();
        builder.Services.AddSingleton<Reconciler>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Reconciler>());
        builder.Services.AddSingleton<PriceCheck>();
        builder.Services.AddHostedService(services => services.GetRequiredService<PriceCheck>());
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            PriceCheck.CheckName, services => services.GetRequiredService<PriceCheck>(), HealthStatus.Degraded, ["ready"]));
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            Reconciler.CheckName, services => services.GetRequiredService<Reconciler>(), HealthStatus.Degraded, ["ready"]));
        builder.Services.AddHourlyCleanup(
            "Old events of Stripe and unfinished checkouts",
            """
            -- every workspace: cleanup, nothing is read
            delete from stripe_events where handled_at < @Before;
            delete from checkouts where created_at < @Before;
            """,
            now => new { Before = now - StripeEvents.Retention });
    }

    public static void AddBillingConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<UsageCountedConsumer>();
        bus.AddConsumer<ApiCallsCountedConsumer>();
        bus.AddConsumer<UserRegisteredConsumer>();
        bus.AddConsumer<UsageThresholdReachedConsumer>();
        bus.AddConsumer<WorkspaceDeletionScheduledConsumer>();
        bus.AddConsumer<WorkspaceRestoredConsumer>();
        bus.AddConsumer<WorkspaceErasedConsumer>();
    }

    public static void MapBilling(this IEndpointRouteBuilder routes)
    {
        var billing = routes.MapGroup("/api/v1/billing").WithTags("Billing").WithMetadata(new RequestSizeLimitAttribute(MaxBody))
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        billing.MapGet("/plans", ListPlans.Handle).AllowAnonymous().WithName("ListPlans")
            .WithSummary("Lists the plans with their prices and what they allow. 404 billing-disabled on installations that sell none");

        var read = billing.MapGroup("").RequireAuthorization(Permissions.BillingRead)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        read.MapGet("/subscription", GetSubscription.HandleAsync).WithName("GetSubscription")
            .WithSummary("Returns the workspace's plan and what it allows. 404 billing-disabled where there are no plans");
        read.MapGet("/usage", GetUsage.HandleAsync).WithName("GetUsage")
            .WithSummary("Returns how much of its plan the workspace uses, and the last 13 months. 404 billing-disabled where there are no plans")
            .WithDescription("Links are limited by calendar month (UTC): `linksCreated` counts every link that was created, also those that were deleted since.");

        MapPayments(billing);

        var admin = routes.MapGroup("/api/v1/admin/billing").RequireOperator().AddEndpointFilter<RouteGroupBuilder, OperatorCheck>().WithTags("Administration").WithMetadata(new RequestSizeLimitAttribute(MaxBody))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        var plan = admin.MapGroup("/workspaces/{id}/plan");
        plan.MapGet("", PlanGrants.GetAsync).WithName("GetWorkspacePlan")
            .WithSummary("Returns a workspace's plan and where it comes from");
        plan.MapPut("", PlanGrants.PutAsync).RequireRecentSignIn().WithName("GrantPlan")
            .WithSummary("Grants a workspace a plan without payment, until a given time or until it is revoked. Takes effect everywhere within two seconds");
        plan.MapDelete("", PlanGrants.DeleteAsync).RequireRecentSignIn().WithName("EndGrantedPlan")
            .WithSummary("Revokes a granted plan. The workspace returns to its own plan");
        var money = admin.MapGroup("").AddEndpointFilter<RequireSales>();
        money.MapGet("/revenue", GetRevenue.HandleAsync).WithName("GetRevenue")
            .WithSummary("Returns recurring revenue by month, churn, retention and a forecast, all computed from the ledger of subscription changes");
        money.MapGet("/conversion", GetConversion.HandleAsync).WithName("GetConversion")
            .WithSummary("Returns by month of sign-up how many pay, and how many trials were paid for afterwards");
        money.MapGet("/usage", GetUsageDistribution.HandleAsync).WithName("GetUsageDistribution")
            .WithSummary("Returns how much of their limit the workspaces of each plan use");
        money.MapGet("/at-risk", GetRevenueAtRisk.HandleAsync).WithName("GetRevenueAtRisk")
            .WithSummary("Lists paying customers whose payment failed, who have cancelled, or whose usage fell by half");

        routes.MapGet("/internal/raw-click-days", ListRawClickDays.HandleAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();
        routes.MapPost("/internal/reconciliation", RunReconciliation.HandleAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();
    }

    private static void MapPayments(RouteGroupBuilder billing)
    {
        billing.MapPost("/webhook", ReceiveWebhook.HandleAsync).AllowAnonymous().AddEndpointFilter<RequireSales>()
            .WithMetadata(new RequestSizeLimitAttribute(ReceiveWebhook.MaxBody)).WithName("ReceiveStripeEvent")
            .WithSummary("Receives Stripe's events, signed as Stripe-Signature. For Stripe alone")
            .ProducesProblem(StatusCodes.Status400BadRequest);

        var manage = billing.MapGroup("").RequireAuthorization(Permissions.BillingManage).AddEndpointFilter<RequireSales>().AddEndpointFilter<StripeOutageFilter>()
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        manage.MapPost("/checkout", StartCheckout.HandleAsync).WithName("StartCheckout").AddEndpointFilter<RefuseWhileDeletionIsScheduled>().WithIdempotency()
            .WithSummary("Starts buying a plan: returns the URL of Stripe's checkout, or of its portal if the workspace pays already")
            .WithDescription("A second call for the same plan and interval returns the same checkout for half an hour. Afterwards Stripe sends the browser to "
                + "/billing/success?session_id=… or, if the customer leaves, to /pricing. The first purchase of a workspace starts with a trial.")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        manage.MapGet("/checkout/{sessionId}", GetCheckout.HandleAsync).WithName("GetCheckout")
            .WithSummary("Returns whether a checkout is complete. Repeat it until it is: if Stripe's event is late, Stripe is asked after five seconds");
        manage.MapPost("/portal", OpenPortal.HandleAsync).WithName("OpenPortal")
            .WithSummary("Returns the URL of Stripe's portal, where payment methods and billing addresses are changed");
        manage.MapGet("/invoices", ListInvoices.HandleAsync).WithName("ListInvoices")
            .WithSummary("Lists the workspace's invoices, newest first");

        var subscription = manage.MapGroup("/subscription").ProducesProblem(StatusCodes.Status409Conflict);
        subscription.MapPost("/preview", ChangeSubscription.PreviewAsync).WithName("PreviewSubscriptionChange")
            .WithSummary("Returns what a change to another plan or interval costs now and later, and when it takes effect. Changes nothing");
        subscription.MapPost("/change", ChangeSubscription.HandleAsync).WithName("ChangeSubscription").AddEndpointFilter<RefuseWhileDeletionIsScheduled>()
            .WithSummary("Changes the plan or interval: a larger one at once, charged for the rest of the period; a smaller one at the period's end")
            .ProducesProblem(StatusCodes.Status402PaymentRequired);
        subscription.MapPost("/cancel", CancelSubscription.CancelAsync).WithName("CancelSubscription")
            .WithSummary("Cancels the subscription at the period's end. Until then it can be resumed");
        subscription.MapPost("/resume", CancelSubscription.ResumeAsync).WithName("ResumeSubscription").AddEndpointFilter<RefuseWhileDeletionIsScheduled>()
            .WithSummary("Takes back a cancellation or a change that waits for the period's end");
    }
}
