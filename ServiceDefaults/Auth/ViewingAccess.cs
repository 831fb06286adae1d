using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auditing;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// Whoever looks at somebody else's account (claim <c>act</c>) only reads, and what they read is in the audit log: enforced before any
/// endpoint, whatever its policy, so that no endpoint can forget it.
/// </summary>
public static class ViewingAccess
{
    /// <summary>Of the audit log's entries, one for each read: the target is the address.</summary>
    public const string Action = "account.read";

    /// <summary>A read that gives away more than what the pages show, such as a whole export: not for who only looks.</summary>
    public static TBuilder RefuseWhileViewing<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(Refused.Instance);

    internal static void UseViewingAccess(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (context.User.HasClaim(claim => claim.Type == Tokens.Claims.ViewedBy))
        {
            if (!Reads(context))
            {
                await Problems.ViewOnly.Result().ExecuteAsync(context);
                return;
            }

            await RecordAsync(context);
        }

        await next(context);
    });

    private static bool Reads(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method))
        && context.GetEndpoint()?.Metadata.GetMetadata<Refused>() is null;

    /// <summary>Before the answer: what can't be recorded isn't shown.</summary>
    private static async Task RecordAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint || context.RequestServices.GetService<Database>() is not { } database)
        {
            return;
        }

        await using var work = await database.BeginAsync(context.RequestAborted);
        work.Publish(context.RequestServices.GetRequiredService<AuditTrail>().Entry(Action, "address", context.Request.Path.Value ?? "/"));
        await work.CommitAsync(context.RequestAborted);
    }

    private sealed class Refused
    {
        public static readonly Refused Instance = new();
    }
}
