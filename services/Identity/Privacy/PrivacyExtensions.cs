using LinkShort.Contracts;
using LinkShort.Identity.Privacy.Consents;
using LinkShort.Identity.Privacy.Erasure;
using LinkShort.Identity.Privacy.Exports;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.Storage;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Privacy;
using MassTransit;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Identity.Privacy;

/// <summary>Consents, exports and deletion: users' rights to their data.</summary>
public static class PrivacyExtensions
{
    private const int MaxBodyBytes = 64 * 1024;

    public static void AddPrivacy(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<PrivacyOptions>(PrivacyOptions.Section);
        builder.AddPersonalData(PersonalData.Map);
        builder.Services.AddHttpClient(ExportAssembly.HttpClientName);
        builder.Services.AddSingleton<Erasures>();
        builder.Services.AddSingleton<AccountDataErasure>();
        builder.Services.AddHostedService<ExportAssembly>();
        builder.Services.AddHostedService<AccountErasure>();
    }

    /// <summary>identity erases accounts itself and publishes the event, so it doesn't consume <c>UserErased</c>.</summary>
    public static void AddPrivacyConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<ExportRequestedConsumer>();
        bus.AddConsumer<ExportClosedConsumer>();
        bus.AddConsumer<ExportPartReadyConsumer>();
        bus.AddConsumer<ErasureCompletedConsumer>();
    }

    public static void MapPrivacy(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/me").WithTags("Privacy").WithMetadata(new RequestSizeLimitAttribute(MaxBodyBytes))
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapGet("/erasure/{id}", DeleteAccount.ReceiptAsync).AllowAnonymous().WithName("GetErasureReceipt")
            .WithSummary("Returns the deletion receipt of an account")
            .ProducesProblem(StatusCodes.Status404NotFound);

        api.MapGet("/erasure", DeleteAccount.StatusAsync).RequireAuthorization(Permissions.Profile).WithName("GetErasure")
            .WithSummary("Returns whether your account is scheduled for deletion, and when")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);

        var me = api.MapGroup("").RequireAuthorization(Permissions.AccountManage)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        me.MapGet("/consents", ConsentEndpoints.ReadAsync).WithName("GetConsents")
            .WithSummary("Returns your current consents and the history of your decisions");
        me.MapPut("/consents", ConsentEndpoints.ChangeAsync).WithoutStepUp("Withdrawing a consent must be as easy as giving it (GDPR, art. 7(3)).").WithName("ChangeConsents")
            .WithSummary("Grants or withdraws consents");
        me.MapPost("/export", ExportEndpoints.StartAsync).RequireStepUp().WithName("StartExport")
            .WithSummary("Starts an export of all data held about you. You get an email when it is ready. Requires a recent sign-in")
            .ProducesProblem(StatusCodes.Status409Conflict);
        me.MapGet("/export", ExportEndpoints.ListAsync).WithName("ListExports")
            .WithSummary("Returns your latest export");
        me.MapGet("/export/{id}", ExportEndpoints.ReadAsync).RefuseWhileViewing().WithName("GetExport")
            .WithSummary("Returns the state of an export, or the ZIP once it is ready. With Accept: application/json, always the state. The ZIP requires a recent sign-in")
            .Produces(StatusCodes.Status200OK, contentType: "application/zip", additionalContentTypes: "application/json")
            .ProducesProblem(StatusCodes.Status404NotFound);
        me.MapDelete("", DeleteAccount.HandleAsync).RequireStepUp().WithName("DeleteAccount")
            .WithSummary("Schedules your account for deletion after a grace period. Signing in or POST /me/restore cancels it. Requires a recent sign-in")
            .ProducesProblem(StatusCodes.Status409Conflict);
        me.MapPost("/restore", DeleteAccount.RestoreAsync).WithoutStepUp("Restores what a step-up was required for; signing in does the same.").WithName("RestoreAccount")
            .WithSummary("Cancels the deletion of your account")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}
