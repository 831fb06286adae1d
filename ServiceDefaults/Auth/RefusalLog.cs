using System.Security.Claims;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// Logs every call that authorization refused, with its caller and trace (OWASP ASVS 4.0.3, 7.2.2). Calls without credentials are not logged:
/// every crawler makes them. A caller who only has to prove the account's own credentials gets the problem that says so.
/// </summary>
internal sealed partial class RefusalLog(ILogger<RefusalLog> logger) : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _answer = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (!authorizeResult.Succeeded)
        {
            var endpoint = context.GetEndpoint()?.DisplayName ?? "no endpoint";
            if (authorizeResult.Forbidden)
            {
                Log.Forbidden(
                    logger, context.Request.Method, endpoint, Claim(context, Tokens.Claims.Subject), Claim(context, Tokens.Claims.Workspace), RequestTrace.Of(context));
                if (OwnCredentials.AreAllThatIsMissing(context.User)
                    || authorizeResult.AuthorizationFailure?.FailedRequirements.ToArray() is [OwnCredentials.Requirement])
                {
                    return OwnCredentials.Required().ExecuteAsync(context);
                }
            }
            else if (context.Request.Headers.Authorization.Count > 0 || context.Request.Headers.ContainsKey(InternalKey.Header))
            {
                Log.InvalidCredentials(logger, context.Request.Method, endpoint, RequestTrace.Of(context));
            }
        }

        return _answer.HandleAsync(next, context, policy, authorizeResult);
    }

    private static string Claim(HttpContext context, string name) => context.User.FindFirstValue(name) ?? "none";

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information, "Authorization refused {Method} {Endpoint}: user {UserId} in workspace {WorkspaceId} lacks permission, trace {TraceId}.")]
        public static partial void Forbidden(ILogger logger, string method, string endpoint, string userId, string workspaceId, string traceId);

        [LoggerMessage(LogLevel.Information, "Authorization refused {Method} {Endpoint}: the token or key is invalid, trace {TraceId}.")]
        public static partial void InvalidCredentials(ILogger logger, string method, string endpoint, string traceId);
    }
}
