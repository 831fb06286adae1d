using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.Administration.Suspensions;

/// <summary>Refuses changes in the token's workspace while it is suspended.</summary>
public sealed class RefuseSuspendedWorkspace(Database database) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        await using (var connection = await database.OpenAsync(http.RequestAborted))
        {
            if (await WorkspaceSuspensions.IsSuspendedAsync(
                connection, http.RequestServices.GetRequiredService<CurrentWorkspace>().Id, http.RequestAborted))
            {
                return Problems.WorkspaceSuspended.Result();
            }
        }

        return await next(context);
    }
}
