using LinkShort.Gateway.Headers;
using Scalar.AspNetCore;

namespace LinkShort.Gateway.OpenApi;

/// <summary>/api/docs: <see cref="PublicDocument"/> as a page by Scalar, with samples and a client. All of its files come from here.</summary>
internal static class Reference
{
    private const string Path = "/api/docs";

    /// <summary>Scalar adds its styles as elements and attributes. Scripts, and what the page may reach, stay as for every page.</summary>
    private static readonly string Policy = SecurityHeaders.PagePolicy.Replace("style-src 'self'", "style-src 'self' 'unsafe-inline'", StringComparison.Ordinal);

    private static readonly byte[] Page = Resource.Read("reference.html");
    private static readonly byte[] Script = Resource.Read("reference.js");

    public static void MapReference(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods(Path, OwnPage.Methods, context =>
        {
            context.Response.Headers.ContentSecurityPolicy = Policy;
            return AnswerAsync(context, "text/html; charset=utf-8", Page);
        }).WithMetadata(OwnPage.Metadata);
        routes.MapMethods($"{Path}/reference.js", OwnPage.Methods, context => AnswerAsync(context, "text/javascript; charset=utf-8", Script)).WithMetadata(OwnPage.Metadata);
        // For its script: the page that it would write has an inline script, which our policy forbids.
        routes.MapScalarApiReference(Path).WithMetadata(OwnPage.Metadata, new HttpMethodMetadata(OwnPage.Methods));
    }

    private static async Task AnswerAsync(HttpContext context, string contentType, byte[] content)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-cache";
        response.ContentType = contentType;
        response.ContentLength = content.Length;
        await response.Body.WriteAsync(content, context.RequestAborted);
    }
}
