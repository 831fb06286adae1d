using LinkShort.Contracts;
using LinkShort.Identity.Administration.Announcements;
using LinkShort.Identity.Administration.Flags;
using LinkShort.Identity.Administration.SupportAccess;
using LinkShort.Identity.Administration.Suspensions;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using MassTransit;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Identity.Administration;

/// <summary>The operators' endpoints, and what users see of them: announcements, features and support access.</summary>
public static class AdministrationExtensions
{
    private const int MaxBodyBytes = 64 * 1024;

    private static readonly TimeSpan ViewRetention = TimeSpan.FromDays(365);

    public static void AddAdministration(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddValidatedOptions<AdminOptions>(AdminOptions.Section);
        services.AddSingleton<Operators>();
        services.AddSingleton<OperatorStanding>();
        services.AddSingleton<OperatorLog>();
        services.AddSingleton<AccountSuspensions>();
        services.AddSingleton<WorkspaceSuspensions>();
        services.AddSingleton<AccountViews>();
        services.AddHourlyCleanup(
            "Expired views, consents and exposures",
            """
            -- every workspace: cleanup, nothing is read
            delete from support_consents where expires_at < @now;
            delete from account_views where expires_at < @Views;
            delete from feature_exposures where day < (@Exposures at time zone 'UTC')::date;
            """,
            now => new { now, Views = now - ViewRetention, Exposures = now.AddDays(-CompareVariants.RetentionDays) });
        services.AddSingleton<FlagTable>();
        // identity reads its own database; other services ask over HTTP.
        services.AddSingleton<IFeatureSource>(provider => provider.GetRequiredService<FlagTable>());
        builder.AddFeatures();
    }

    public static void AddAdministrationConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<SuspensionChangedConsumer>();
        bus.AddConsumer<FeaturesExposedConsumer>();
        bus.AddFeatureConsumers();
    }

    public static void MapAdministration(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1").WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        MapForUsers(api);

        var admin = api.MapGroup("/admin").RequireOperator().AddEndpointFilter<RouteGroupBuilder, OperatorCheck>().WithTags("Administration")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        MapUsers(admin);
        MapWorkspaces(admin);
        MapFlags(admin);
        MapAnnouncements(admin);
        admin.MapGet("/audit-log", AdminAuditLog.ReadAsync).WithName("ListOperatorLog")
            .WithSummary("Lists what operators did, newest first, or the audit log of a workspace");
        admin.MapGet("/audit-log/verify", AdminAuditLog.VerifyAsync).WithName("VerifyOperatorLog")
            .WithSummary("Recomputes the log's hash chain and reports entries that were changed, removed or reordered");

        routes.MapGet("/internal/features", FlagEndpoints.ReadAllAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription().WithName("ListFeatures");
        routes.MapGet("/internal/operators/{id}", OperatorStanding.HandleAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription().WithName("GetOperatorStanding");
    }

    private static void MapForUsers(RouteGroupBuilder api)
    {
        api.MapGet("/announcements", AnnouncementEndpoints.ShowAsync).AllowAnonymous().WithTags("Announcements").WithName("GetAnnouncements")
            .WithSummary("Lists the current announcements, in the caller's language or English");
        var me = api.MapGroup("").RequireAuthorization(Permissions.Profile)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        me.MapPost("/announcements/{id}/dismiss", AnnouncementEndpoints.DismissAsync).WithTags("Announcements").WithName("DismissAnnouncement")
            .WithSummary("Dismisses an announcement for the signed-in user")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        me.MapGet("/me/features", MyFeatures.ReadAsync).WithTags("Features").WithName("GetFeatures")
            .WithSummary("Lists the signed-in user's features and their variants");
        me.MapPost("/me/features/{name}/exposed", MyFeatures.RecordExposureAsync).WithTags("Features").WithName("NoteFeatureExposure")
            .WithSummary("Records that the signed-in user was exposed to a feature, for comparing its variants")
            .ProducesProblem(StatusCodes.Status404NotFound);
        var support = api.MapGroup("/me/support-access").RequireAuthorization(Permissions.AccountManage).WithTags("Support access")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        support.MapGet("", SupportConsent.ReadAsync).WithName("GetSupportAccess")
            .WithSummary("Returns whether operators may view your account, and when they did");
        support.MapPut("", SupportConsent.GrantAsync).RequireStepUp().WithName("GrantSupportAccess")
            .WithSummary("Allows operators to view your account and the workspaces that you own or administer, read-only, for the next few hours. Requires a recent sign-in");
        support.MapDelete("", SupportConsent.WithdrawAsync).WithoutStepUp("Only ends access, and withdrawing must be as easy as giving.").WithName("WithdrawSupportAccess")
            .WithSummary("Withdraws support access. Open views end within a second");
    }

    private static void MapUsers(RouteGroupBuilder admin)
    {
        admin.MapGet("/users", FindUsers.ListAsync).WithName("FindUsers")
            .WithSummary("Finds users by id or part of their email address or name, newest first");
        var user = admin.MapGroup("/users/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        user.MapGet("", FindUsers.GetAsync).WithName("GetUser")
            .WithSummary("Returns a user: workspaces, second factors, number of sessions and API keys, but no secrets");
        user.MapPost("/suspend", ChangeUser.SuspendAsync).RequireRecentSignIn().WithName("SuspendUser")
            .WithSummary("Suspends a user. Sessions and API keys are refused everywhere within a second")
            .ProducesProblem(StatusCodes.Status409Conflict);
        user.MapPost("/restore", ChangeUser.RestoreAsync).RequireRecentSignIn().WithName("RestoreUser")
            .WithSummary("Restores a suspended user");
        user.MapPost("/sign-out", ChangeUser.SignOutAsync).RequireRecentSignIn().WithName("SignOutUser")
            .WithSummary("Ends all of a user's sessions");
        user.MapPost("/view", ChangeUser.ViewAsync).RequireRecentSignIn().WithName("ViewAsUser")
            .WithSummary("Opens a read-only view of the account as its owner sees it, with the owner's consent, for up to 30 minutes. The owner is notified by email");

        var view = admin.MapGroup("/views/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        view.MapPost("/token", ChangeUser.RenewViewAsync).WithName("RenewView")
            .WithSummary("Issues a new access token for an open view");
        view.MapDelete("", ChangeUser.EndViewAsync).WithName("EndView")
            .WithSummary("Ends a view of an account");
    }

    private static void MapWorkspaces(RouteGroupBuilder admin)
    {
        admin.MapGet("/workspaces", FindWorkspaces.ListAsync).WithName("FindWorkspaces")
            .WithSummary("Finds workspaces by id or part of their name, newest first");
        var workspace = admin.MapGroup("/workspaces/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        workspace.MapGet("", FindWorkspaces.GetAsync).WithName("GetWorkspaceAsOperator")
            .WithSummary("Returns a workspace and its members");
        workspace.MapPost("/suspend", ChangeWorkspaceService.SuspendAsync).RequireRecentSignIn().WithName("SuspendWorkspace")
            .WithSummary("Suspends a workspace. Within a second it is read-only and its links stop working");
        workspace.MapPost("/restore", ChangeWorkspaceService.RestoreAsync).RequireRecentSignIn().WithName("RestoreSuspendedWorkspace")
            .WithSummary("Restores a suspended workspace");
    }

    private static void MapFlags(RouteGroupBuilder admin)
    {
        admin.MapGet("/flags", FlagEndpoints.ListAsync).WithName("ListFlags").WithSummary("Lists all feature flags by name");
        var flag = admin.MapGroup("/flags/{name}").ProducesProblem(StatusCodes.Status404NotFound);
        flag.MapGet("", FlagEndpoints.GetAsync).WithName("GetFlag").WithSummary("Returns a feature flag. The ETag is its revision");
        flag.MapPut("", FlagEndpoints.PutAsync).WithName("PutFlag")
            .WithSummary("Creates or replaces a flag. It takes effect in every service within a second. Honours If-Match")
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
        flag.MapDelete("", FlagEndpoints.DeleteAsync).RequireRecentSignIn().WithName("DeleteFlag")
            .WithSummary("Deletes a flag, so that the product's default applies. Honours If-Match")
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
        flag.MapGet("/exposures", CompareVariants.HandleAsync).WithName("CompareFlagVariants")
            .WithSummary("Compares the flag's variants: how many users were exposed to each, and how many of them converted");
    }

    private static void MapAnnouncements(RouteGroupBuilder admin)
    {
        admin.MapGet("/announcements", AnnouncementEndpoints.ListAsync).WithName("ListAnnouncements")
            .WithSummary("Lists all announcements, newest first");
        admin.MapPost("/announcements", AnnouncementEndpoints.CreateAsync).WithName("CreateAnnouncement")
            .WithSummary("Creates an announcement for everyone");
        var announcement = admin.MapGroup("/announcements/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        announcement.MapPut("", AnnouncementEndpoints.ChangeAsync).WithName("ChangeAnnouncement")
            .WithSummary("Replaces an announcement");
        announcement.MapDelete("", AnnouncementEndpoints.DeleteAsync).WithName("DeleteAnnouncement")
            .WithSummary("Deletes an announcement");
    }
}
