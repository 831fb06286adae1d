using LinkShort.Contracts;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.Administration;

/// <summary>
/// Checks whether the caller still is an operator: the token claims it for up to ten minutes after they changed their address, lost
/// their second factor or were suspended.
/// </summary>
public sealed class OperatorCheck(Operators operators, Database database) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var user = context.HttpContext.RequestServices.GetRequiredService<CurrentUser>();
        var cancellationToken = context.HttpContext.RequestAborted;
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            var email = await connection.QuerySingleOrDefaultAsync<string?>(
                """
                select u.normalized_email from users u
                where u.id = @Id and u.email_confirmed and not exists (select from user_suspensions x where x.user_id = u.id)
                """,
                new { user.Id }, cancellationToken);
            if (!operators.Include(email))
            {
                return Problems.Forbidden.Result();
            }

            if (!(await SecondFactors.OfAsync(connection, user.Id, cancellationToken)).Enabled)
            {
                return OperatorAccess.SecondFactorRequired();
            }
        }

        return await next(context);
    }
}
