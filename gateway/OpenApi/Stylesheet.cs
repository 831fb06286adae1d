namespace LinkShort.Gateway.OpenApi;

/// <summary>The stylesheet of the gateway's own pages. Embedded, so that it works when every service is down.</summary>
internal static class Stylesheet
{
    private static readonly byte[] Css = Read();

    public static async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "text/css; charset=utf-8";
        context.Response.ContentLength = Css.Length;
        context.Response.Headers.CacheControl = "public, max-age=3600";
        await context.Response.Body.WriteAsync(Css, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using var stream = typeof(Stylesheet).Assembly.GetManifestResourceStream("style.css")!;
        var css = new byte[stream.Length];
        stream.ReadExactly(css);
        return css;
    }
}
