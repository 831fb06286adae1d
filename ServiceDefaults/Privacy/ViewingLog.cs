using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults.Privacy;

public static class AuditTrailExtensions
{
    /// <summary>
    /// Adds <see cref="AuditTrail"/> for handlers, and audit entries for each read by an operator who views an account. Needs the service's
    /// database; without it, <see cref="ViewingAccess"/> refuses such reads.
    /// </summary>
    public static void AddAuditTrail(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<AuditTrail>();
        builder.Services.AddSingleton<IViewingLog, ViewingLog>();
    }
}

/// <summary>Publishes an audit entry from the service's own outbox.</summary>
internal sealed class ViewingLog(Database database, AuditTrail audit) : IViewingLog
{
    public async Task RecordAsync(HttpContext context)
    {
        await using var work = await database.BeginAsync(context.RequestAborted);
        work.Publish(audit.Entry(ViewingAccess.Action, "address", context.Request.Path.Value ?? "/"));
        await work.CommitAsync(context.RequestAborted);
    }
}
