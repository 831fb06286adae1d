namespace LinkShort.Gateway.OpenApi;

/// <summary>The stylesheet of the gateway's own pages.</summary>
internal static class Stylesheet
{
    private static readonly byte[] Css = Resource.Read("style.css");

    public static async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "text/css; charset=utf-8";
        context.Response.ContentLength = Css.Length;
        context.Response.Headers.CacheControl = "public, max-age=3600";
        await context.Response.Body.WriteAsync(Css, context.RequestAborted);
    }
}
