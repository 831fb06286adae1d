using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.Administration;

/// <summary>
/// Checks whether the caller still is an operator: the token claims it for up to ten minutes after they changed their address, lost
/// their second factor or were suspended.
/// </summary>
public sealed class OperatorCheck(OperatorStanding standing) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var user = context.HttpContext.RequestServices.GetRequiredService<CurrentUser>();
        var found = await standing.OfAsync(user.Id, context.HttpContext.RequestAborted);
        return !found.Operator ? Problems.Forbidden.Result()
            : !found.SecondFactor ? OperatorAccess.SecondFactorRequired()
            : await next(context);
    }
}
