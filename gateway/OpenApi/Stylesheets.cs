using System.Text;
using LinkShort.Gateway.Headers;
using LinkShort.Look;

namespace LinkShort.Gateway.OpenApi;

/// <summary>The stylesheets of the gateway's own pages, made from the tokens once.</summary>
internal static class Stylesheets
{
    public const string Notice = "/api/docs/style.css";
    public const string Reference = "/api/docs/reference.css";

    private static readonly byte[] NoticeCss = Encoding.UTF8.GetBytes(Stylesheet.Inline(Text("style.css")));

    private static readonly byte[] ReferenceCss = Encoding.UTF8.GetBytes(ForScalar(Text("reference.css")));

    public static void MapStylesheets(this IEndpointRouteBuilder routes)
    {
        Map(Notice, NoticeCss);
        Map(Reference, ReferenceCss);

        void Map(string path, byte[] css) => routes.MapMethods(path, OwnPage.Methods, (RequestDelegate)(context => AnswerAsync(context, css))).WithMetadata(OwnPage.Metadata);
    }

    /// <summary>Scalar has a class for each theme, which its reader chooses.</summary>
    private static string ForScalar(string declarations) =>
        $"body.light-mode{{{Stylesheet.Resolve(declarations)}}}body.dark-mode{{{Stylesheet.Resolve(declarations, dark: true)}}}";

    private static string Text(string name) => Encoding.UTF8.GetString(Resource.Read(name));

    private static async Task AnswerAsync(HttpContext context, byte[] css)
    {
        context.Response.ContentType = "text/css; charset=utf-8";
        context.Response.ContentLength = css.Length;
        context.Response.Headers.CacheControl = "public, max-age=3600";
        await context.Response.Body.WriteAsync(css, context.RequestAborted);
    }
}
