using LinkShort.Web.Errors;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Workspaces;

/// <summary>The permission that a page requires.</summary>
public sealed record NeededPermission(string Name);

/// <summary>Loads <see cref="ActiveWorkspace"/> before a page is rendered, and refuses visitors without the page's permission.</summary>
public static class AppFrame
{
    public static RouteGroupBuilder WithAppFrame(this RouteGroupBuilder pages) => pages.AddEndpointFilter(FrameAsync);

    /// <summary>Requires a permission. Other users get a page that names the required role, and who can grant it.</summary>
    /// <param name="permission">A row of <see cref="LinkShort.Contracts.Permissions"/>.</param>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, string permission) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new NeededPermission(permission));

    private static async ValueTask<object?> FrameAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.RequestServices.GetRequiredService<CurrentSession>().Current is null)
        {
            return await next(context);
        }

        var active = http.RequestServices.GetRequiredService<ActiveWorkspace>();
        // A POST usually ends in a redirect without a frame, and the API checks its permission.
        if (HttpMethods.IsGet(http.Request.Method))
        {
            // Concurrently with the page's own calls, unless the permission decides whether there is a page.
            var loading = active.LoadAsync(http.RequestAborted);
            if (http.GetEndpoint()?.Metadata.GetMetadata<NeededPermission>() is { } needed)
            {
                await loading;
                if (!active.May(needed.Name))
                {
                    return new ProblemPage(ErrorPages.OfStatus(http, StatusCodes.Status403Forbidden, "forbidden"));
                }
            }
        }

        var result = await next(context);
        while (result is INestedHttpResult nested)
        {
            result = nested.Result;
        }

        if (result is RazorComponentResult)
        {
            await active.LoadAsync(http.RequestAborted);
        }

        return result;
    }
}
