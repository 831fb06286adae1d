using LinkShort.Contracts;
using LinkShort.ServiceDefaults;

namespace LinkShort.Identity.AuditLog;

public static class AuditLogExtensions
{
    public static void AddAuditLog(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<AuditLogOptions>(AuditLogOptions.Section);
        builder.Services.AddSingleton<AuditChains>();
        builder.Services.AddSingleton<AuditErasure>();
        builder.Services.AddSingleton<AuditExport>();
        builder.Services.AddSingleton<AuditRetention>();
        builder.Services.AddHostedService(services => services.GetRequiredService<AuditRetention>());
    }

    public static void MapAuditLog(this IEndpointRouteBuilder routes)
    {
        var log = routes.MapGroup("/api/v1/audit-log").RequireAuthorization(Permissions.AuditRead).WithTags("Audit log")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        log.MapGet("/", ReadAuditLog.HandleAsync).WithName("ListAuditLog")
            .WithSummary("Lists what was done in the workspace, by whom and from where, newest first");
        log.MapGet("/verify", VerifyAuditLog.HandleAsync).WithName("VerifyAuditLog")
            .WithSummary("Recomputes the log's hash chain and reports entries that were changed, removed or reordered");
        log.MapGet("/export", ExportAuditLog.HandleAsync).WithName("ExportAuditLog")
            .WithSummary("Streams the log as CSV or JSON")
            .ProducesProblem(StatusCodes.Status402PaymentRequired).Produces(StatusCodes.Status200OK, contentType: "text/csv", additionalContentTypes: "application/json");
    }
}
