using LinkShort.Web.Errors;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Workspaces;

/// <summary>What a page needs of its visitor's role: a row of the table of permissions.</summary>
public sealed record NeededPermission(string Name);

/// <summary>Gets ready what surrounds each page of the app, <see cref="ActiveWorkspace"/>, before the page is rendered; and turns away who may not do what the page is for.</summary>
public static class AppFrame
{
    public static RouteGroupBuilder WithAppFrame(this RouteGroupBuilder pages) => pages.AddEndpointFilter(FrameAsync);

    /// <summary>Only for those whose role allows it. Others get a page that says which role does, and who can give it.</summary>
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
        // Of a post, which most often ends in a redirect and needs none of this, the API alone decides.
        if (HttpMethods.IsGet(http.Request.Method))
        {
            // At the same time as what the page itself asks for, unless it depends on the role whether there is one.
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
