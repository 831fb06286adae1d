using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Records what an operator reads of the account being viewed.</summary>
public interface IViewingLog
{
    /// <exception cref="Exception">The read can't be recorded, so it must not be answered.</exception>
    Task RecordAsync(HttpContext context);
}

/// <summary>
/// An operator who views a user's account (claim <c>act</c>) may only read, and each read is in the audit log. Enforced before every endpoint,
/// independent of its policy, so that no endpoint can omit it.
/// </summary>
public static class ViewingAccess
{
    /// <summary>The action of the audit entry for each read; its target is the path.</summary>
    public const string Action = "account.read";

    /// <summary>For reads that return more than the pages show, such as a whole export: refused while viewing an account.</summary>
    public static TBuilder RefuseWhileViewing<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(Refused.Instance);

    internal static void UseViewingAccess(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (context.User.HasClaim(claim => claim.Type == Tokens.Claims.ViewedBy))
        {
            if (!Reads(context) || !await TryRecordAsync(context))
            {
                await Problems.ViewOnly.Result().ExecuteAsync(context);
                return;
            }
        }

        await next(context);
    });

    private static bool Reads(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method))
        && context.GetEndpoint()?.Metadata.GetMetadata<Refused>() is null;

    /// <summary>Records before the response, so that nothing unrecorded is shown.</summary>
    private static async Task<bool> TryRecordAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint)
        {
            return true;
        }

        if (context.RequestServices.GetService<IViewingLog>() is not { } log)
        {
            return false;
        }

        await log.RecordAsync(context);
        return true;
    }

    private sealed class Refused
    {
        public static readonly Refused Instance = new();
    }
}
