using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Billing;

/// <summary>
/// Asks identity whether the caller still is an operator, as identity's own endpoints do: the token claims it for up to ten minutes after they changed
/// their address, lost their second factor or were suspended.
/// </summary>
public sealed class OperatorCheck(IdentityClient identity) : IEndpointFilter
{
    /// <summary>Identity's answer.</summary>
    private sealed record Standing(bool Operator, bool SecondFactor);

    /// <exception cref="DependencyUnavailableException">identity is unavailable: nobody is let in.</exception>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var user = context.HttpContext.RequestServices.GetRequiredService<CurrentUser>();
        var standing = await AskAsync(user.Id, context.HttpContext.RequestAborted);
        return !standing.Operator ? Problems.Forbidden.Result()
            : !standing.SecondFactor ? OperatorAccess.SecondFactorRequired()
            : await next(context);
    }

    private async Task<Standing> AskAsync(Guid userId, CancellationToken cancellationToken)
    {
        try
        {
            return await identity.GetAsync<Standing>($"/internal/operators/{userId}", cancellationToken) ?? new Standing(false, false);
        }
        catch (Exception exception) when (Outages.IsOutageOrDeadline(exception, cancellationToken))
        {
            throw new DependencyUnavailableException("identity", exception);
        }
    }
}
