using LinkShort.Contracts;
using LinkShort.Identity.Announcements;
using LinkShort.Identity.Flags;
using LinkShort.Identity.SupportAccess;
using LinkShort.Identity.Suspensions;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using MassTransit;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Identity.Administration;

/// <summary>What operators of the installation do, and what everybody sees of it: announcements, features, whether somebody may look.</summary>
public static class AdministrationExtensions
{
    private const int MaxBodyBytes = 64 * 1024;

    private static readonly TimeSpan ViewsKept = TimeSpan.FromDays(365);

    public static void AddAdministration(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        builder.AddValidatedOptions<AdminSettings>(AdminSettings.Section);
        services.AddSingleton<Operators>();
        services.AddSingleton<OperatorLog>();
        services.AddSingleton<AccountSuspensions>();
        services.AddSingleton<WorkspaceSuspensions>();
        services.AddSingleton<AccountViews>();
        services.AddHourlyCleanup(
            "What administration keeps no longer",
            """
            -- every workspace: housekeeping, nothing is read
            delete from support_consents where expires_at < @now;
            delete from account_views where expires_at < @Views;
            delete from feature_exposures where day < (@Exposures at time zone 'UTC')::date;
            """,
            now => new { now, Views = now - ViewsKept, Exposures = now.AddDays(-CompareVariants.KeptDays) });
        services.AddSingleton<FlagTable>();
        // Not asked for over HTTP, as other services do.
        services.AddSingleton<IFeatureSource>(provider => provider.GetRequiredService<FlagTable>());
        builder.AddFeatures();
    }

    public static void AddAdministrationConsumers(this IBusRegistrationConfigurator bus)
    {
        ArgumentNullException.ThrowIfNull(bus);
        bus.AddConsumer<SuspensionChangedConsumer>();
        bus.AddConsumer<FeaturesExposedConsumer>();
        bus.AddFeatureConsumers();
    }

    public static void MapAdministration(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1").WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        MapForEverybody(api);

        var admin = api.MapGroup("/admin").RequireOperator().AddEndpointFilter<RouteGroupBuilder, OperatorCheck>().WithTags("Administration")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        MapPeople(admin);
        MapWorkspaces(admin);
        MapFlags(admin);
        MapAnnouncements(admin);
        admin.MapGet("/audit-log", AdminAuditLog.ReadAsync).WithName("ListOperatorLog")
            .WithSummary("What operators did, newest first; or the audit log of a workspace");
        admin.MapGet("/audit-log/verify", AdminAuditLog.VerifyAsync).WithName("VerifyOperatorLog")
            .WithSummary("Computes that log's hash chain again and finds what was changed, removed or reordered");

        routes.MapGet("/internal/features", FlagEndpoints.ReadAllAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription().WithName("ListFeatures");
    }

    private static void MapForEverybody(RouteGroupBuilder api)
    {
        api.MapGet("/announcements", AnnouncementEndpoints.ShowAsync).AllowAnonymous().WithTags("Announcements").WithName("GetAnnouncements")
            .WithSummary("What the operators say to everybody at the moment, in the caller's language or English");
        var me = api.MapGroup("").RequireAuthorization(Permissions.Profile)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        me.MapPost("/announcements/{id}/dismiss", AnnouncementEndpoints.DismissAsync).WithTags("Announcements").WithName("DismissAnnouncement")
            .WithSummary("Puts an announcement away for the signed-in person")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        me.MapGet("/me/features", MyFeatures.ReadAsync).WithTags("Features").WithName("GetFeatures")
            .WithSummary("Which features the signed-in person has, and in which variant");
        me.MapPost("/me/features/{name}/exposed", MyFeatures.NoteAsync).WithTags("Features").WithName("NoteFeatureExposure")
            .WithSummary("Says that the signed-in person met a feature, for comparing its variants")
            .ProducesProblem(StatusCodes.Status404NotFound);
        me.MapGet("/me/support-access", SupportConsent.ReadAsync).WithTags("Support access").WithName("GetSupportAccess")
            .WithSummary("Whether operators may look at the signed-in person's account, and when they did");
        me.MapPut("/me/support-access", SupportConsent.GrantAsync).WithTags("Support access").WithName("GrantSupportAccess")
            .WithSummary("Lets operators look at the account, read-only, for some hours from now");
        me.MapDelete("/me/support-access", SupportConsent.WithdrawAsync).WithTags("Support access").WithName("WithdrawSupportAccess")
            .WithSummary("Takes that back; whoever looks at the moment is refused within a second");
    }

    private static void MapPeople(RouteGroupBuilder admin)
    {
        admin.MapGet("/users", FindUsers.ListAsync).WithName("FindUsers")
            .WithSummary("People by part of their address or name, or by id; newest first");
        var user = admin.MapGroup("/users/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        user.MapGet("", FindUsers.GetAsync).WithName("GetUser")
            .WithSummary("One person: workspaces, factors, how many sessions and API keys; no secrets");
        user.MapPost("/suspend", ChangeUser.SuspendAsync).RequireRecentSignIn().WithName("SuspendUser")
            .WithSummary("Keeps somebody out: sessions and API keys are refused everywhere within a second")
            .ProducesProblem(StatusCodes.Status409Conflict);
        user.MapPost("/restore", ChangeUser.RestoreAsync).RequireRecentSignIn().WithName("RestoreUser")
            .WithSummary("Lets somebody in again");
        user.MapPost("/sign-out", ChangeUser.SignOutAsync).RequireRecentSignIn().WithName("SignOutUser")
            .WithSummary("Ends all sessions of somebody");
        user.MapPost("/view", ChangeUser.ViewAsync).RequireRecentSignIn().WithName("ViewAsUser")
            .WithSummary("Looks at the account as its owner sees it, read-only, with their consent, for half an hour at most; they get a mail");

        var view = admin.MapGroup("/views/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        view.MapPost("/token", ChangeUser.RenewViewAsync).WithName("RenewView")
            .WithSummary("Another access token for a look that goes on");
        view.MapDelete("", ChangeUser.EndViewAsync).WithName("EndView")
            .WithSummary("Ends a look at an account");
    }

    private static void MapWorkspaces(RouteGroupBuilder admin)
    {
        admin.MapGet("/workspaces", FindWorkspaces.ListAsync).WithName("FindWorkspaces")
            .WithSummary("Workspaces by part of their name, or by id; newest first");
        var workspace = admin.MapGroup("/workspaces/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        workspace.MapGet("", FindWorkspaces.GetAsync).WithName("GetWorkspaceAsOperator")
            .WithSummary("One workspace, and who is in it");
        workspace.MapPost("/suspend", ChangeWorkspaceService.SuspendAsync).RequireRecentSignIn().WithName("SuspendWorkspace")
            .WithSummary("Takes a workspace out of service: its members only read, and its links lead nowhere, within a second");
        workspace.MapPost("/restore", ChangeWorkspaceService.RestoreAsync).RequireRecentSignIn().WithName("RestoreSuspendedWorkspace")
            .WithSummary("Puts a workspace back into service");
    }

    private static void MapFlags(RouteGroupBuilder admin)
    {
        admin.MapGet("/flags", FlagEndpoints.ListAsync).WithName("ListFlags").WithSummary("Every feature flag, by name");
        var flag = admin.MapGroup("/flags/{name}").ProducesProblem(StatusCodes.Status404NotFound);
        flag.MapGet("", FlagEndpoints.GetAsync).WithName("GetFlag").WithSummary("One feature flag. The ETag follows its revision");
        flag.MapPut("", FlagEndpoints.PutAsync).WithName("PutFlag")
            .WithSummary("Creates or replaces a flag; in every service within a second. Honours If-Match")
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
        flag.MapDelete("", FlagEndpoints.DeleteAsync).RequireRecentSignIn().WithName("DeleteFlag")
            .WithSummary("Deletes a flag: the product's own fallback counts from then on. Honours If-Match")
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
        flag.MapGet("/exposures", CompareVariants.HandleAsync).WithName("CompareFlagVariants")
            .WithSummary("The flag's variants side by side: who met them, and how many of those succeeded");
    }

    private static void MapAnnouncements(RouteGroupBuilder admin)
    {
        admin.MapGet("/announcements", AnnouncementEndpoints.ListAsync).WithName("ListAnnouncements")
            .WithSummary("Every announcement, newest first");
        admin.MapPost("/announcements", AnnouncementEndpoints.CreateAsync).WithName("CreateAnnouncement")
            .WithSummary("Says something to everybody");
        var announcement = admin.MapGroup("/announcements/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        announcement.MapPut("", AnnouncementEndpoints.ChangeAsync).WithName("ChangeAnnouncement")
            .WithSummary("Replaces an announcement");
        announcement.MapDelete("", AnnouncementEndpoints.DeleteAsync).WithName("DeleteAnnouncement")
            .WithSummary("Takes an announcement down");
    }
}
