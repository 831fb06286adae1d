using LinkShort.Billing.Grants;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Privacy;
using LinkShort.Billing.Storage;
using LinkShort.Billing.Usage;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using MassTransit;
using Microsoft.AspNetCore.Mvc;

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
        builder.AddWorkspaceErasure<WorkspaceBillingEraser>();
        builder.AddPersonalData(PersonalData.Map);
    }

    public static void AddBillingConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<UsageCountedConsumer>();
        bus.AddConsumer<UsageThresholdReachedConsumer>();
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

        var admin = routes.MapGroup("/api/v1/admin/billing").RequireOperator().WithTags("Administration").WithMetadata(new RequestSizeLimitAttribute(MaxBody))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        var plan = admin.MapGroup("/workspaces/{id}/plan");
        plan.MapGet("", PlanGrants.GetAsync).WithName("GetWorkspacePlan")
            .WithSummary("Returns a workspace's plan and where it comes from");
        plan.MapPut("", PlanGrants.PutAsync).RequireRecentSignIn().WithName("GrantPlan")
            .WithSummary("Puts a workspace on a plan, without payment, until it ends or is taken back. It takes effect everywhere within two seconds");
        plan.MapDelete("", PlanGrants.DeleteAsync).RequireRecentSignIn().WithName("EndGrantedPlan")
            .WithSummary("Ends a plan given by hand. The workspace is on its own plan again");
    }
}
