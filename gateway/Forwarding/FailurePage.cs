using LinkShort.Contracts;
using LinkShort.Gateway.OpenApi;
using LinkShort.Localization;
using LinkShort.Look;
using LinkShort.ServiceDefaults.Http;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Gateway.Forwarding;

/// <summary>The page shown while the service behind a page or short link is unavailable. Depends on nothing but the gateway.</summary>
internal static class FailurePage
{
    /// <summary>The web app's, see its Viewer and HostCookie.</summary>
    private const string LanguageCookie = "lang";

    public static bool IsWanted(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(accept => accept.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && accept.Quality is not 0);

    public static Task WriteAsync(HttpContext context, ProblemType problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        var language = LanguageOf(context.Request);
        var title = GatewayTexts.Of("gateway.away").In(language);
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentLanguage = language.Code;
        response.Headers.Vary = $"{HeaderNames.AcceptLanguage}, {HeaderNames.Cookie}";
        // The page reloads itself, but a submitted form is never sent twice.
        var refresh = HttpMethods.IsGet(context.Request.Method) ? """<meta http-equiv="refresh" content="5">""" : "";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.WriteAsync(
                $"""
                <!doctype html>
                <html lang="{language.Code}" dir="{language.Direction}">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                {refresh}
                <title>{title} · LinkShort</title>
                <link rel="stylesheet" href="{Stylesheets.Notice}">
                </head>
                <body>
                <header><a class="logo" href="/" dir="ltr"><svg viewBox="{Logo.ViewBox}" width="32" height="32" aria-hidden="true">{Logo.Mark}</svg>LinkShort</a></header>
                <main>
                <p class="code">{problem.Status} · {problem.TitleIn(language)}</p>
                <h1>{title}</h1>
                <p>{GatewayTexts.Of("gateway.awayReason").In(language)}</p>
                </main>
                </body>
                </html>
                """,
                context.RequestAborted);
    }

    /// <summary>As on the app's pages: what the visitor chose, otherwise what the browser prefers.</summary>
    private static Language LanguageOf(HttpRequest request) =>
        Language.Find(request.Cookies[request.IsHttps ? "__Host-" + LanguageCookie : LanguageCookie])
        ?? Language.PreferredOf(request.Headers.AcceptLanguage) ?? Language.English;
}
