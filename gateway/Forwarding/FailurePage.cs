using LinkShort.Contracts;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Gateway.Forwarding;

/// <summary>The page shown while the service behind a page or short link is unavailable. Depends on nothing but the gateway.</summary>
internal static class FailurePage
{
    public const string Stylesheet = "/api/docs/style.css";

    public static bool IsWanted(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(accept => accept.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && accept.Quality is not 0);

    public static Task WriteAsync(HttpContext context, ProblemType problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers[HeaderNames.CacheControl] = "no-store";
        // The page reloads itself, but a submitted form is never sent twice.
        var refresh = HttpMethods.IsGet(context.Request.Method) ? """<meta http-equiv="refresh" content="5">""" : "";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.WriteAsync(
                $"""
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                {refresh}
                <title>Back in a moment · LinkShort</title>
                <link rel="stylesheet" href="{Stylesheet}">
                </head>
                <body class="notice">
                <main>
                <p class="brand">LinkShort</p>
                <h1>Back in a moment</h1>
                <p>The part of LinkShort behind this page is restarting or can’t be reached right now. Nothing is lost; this page retries automatically.</p>
                <p class="faint">{problem.Status} · {problem.Title}</p>
                </main>
                </body>
                </html>
                """,
                context.RequestAborted);
    }
}
