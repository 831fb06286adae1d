using System.Security.Claims;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// A line in the log for every call that authorization refused, with whom it was by and its trace: who tries doors leaves tracks (OWASP
/// ASVS 4.0.3, 7.2.2). Calls without any credentials are left out: every crawler makes them, and they say nothing about anybody.
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
            }
            else if (context.Request.Headers.Authorization.Count > 0 || context.Request.Headers.ContainsKey(InternalKey.Header))
            {
                Log.NotBelieved(logger, context.Request.Method, endpoint, RequestTrace.Of(context));
            }
        }

        return _answer.HandleAsync(next, context, policy, authorizeResult);
    }

    private static string Claim(HttpContext context, string name) => context.User.FindFirstValue(name) ?? "nobody";

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Refused: {Method} {Endpoint} is not for user {UserId} in workspace {WorkspaceId}, trace {TraceId}.")]
        public static partial void Forbidden(ILogger logger, string method, string endpoint, string userId, string workspaceId, string traceId);

        [LoggerMessage(LogLevel.Information, "Refused: {Method} {Endpoint} came with a token or key that isn't good, trace {TraceId}.")]
        public static partial void NotBelieved(ILogger logger, string method, string endpoint, string traceId);
    }
}
