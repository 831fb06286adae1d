using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Records what is read of an account by somebody who looks at it.</summary>
public interface IViewingLog
{
    /// <exception cref="Exception">It can't be recorded now: the read is not answered.</exception>
    Task RecordAsync(HttpContext context);
}

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

    /// <summary>Before the answer: what can't be recorded isn't shown.</summary>
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
