using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Hosting.Dashboard;

/// <summary>The page itself, its two files, and signing in.</summary>
internal static class DashboardPages
{
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    public static void MapDashboardPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => Embedded("index.html"));
        routes.MapGet("/assets/{name}", (string name) => Embedded(name));
        routes.MapGet("/login", (HttpContext context, DashboardAccess access, string? t) => SignIn(context, access, t));
        routes.MapPost("/login", async (HttpContext context, DashboardAccess access) =>
            SignIn(context, access, (await context.Request.ReadFormAsync(context.RequestAborted))["t"].ToString()));
    }

    private static IResult SignIn(HttpContext context, DashboardAccess access, string? token)
    {
        if (!access.IsToken(token))
        {
            return LoginPage(token is null ? null : "That is not this run's token.");
        }

        context.Response.Cookies.Append(DashboardAccess.Cookie, token!, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Path = "/",
        });
        return Results.Redirect("/");
    }

    private static ContentHttpResult LoginPage(string? error) => TypedResults.Content(
        $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sign in · LinkShort operations</title><link rel="icon" href="/assets/icon.svg"><link rel="stylesheet" href="/assets/dashboard.css"></head>
        <body class="login"><main><img src="/assets/icon.svg" alt="" width="48" height="48"><h1>LinkShort operations</h1>
        <p>Paste the token from the console where LinkShort was started, or open the link that <code>./linkshort status</code> prints.</p>
        <form method="post" action="/login"><label for="t">Token</label><input id="t" name="t" type="password" autocomplete="off" autofocus required>
        {(error is null ? "" : $"<p class=\"error\" role=\"alert\">{WebUtility.HtmlEncode(error)}</p>")}
        <button>Sign in</button></form></main></body></html>
        """,
        Types[".html"],
        statusCode: error is null ? 200 : 401);

    private static IResult Embedded(string name)
    {
        var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"dashboard/{name}");
        return stream is null || !Types.TryGetValue(Path.GetExtension(name), out var type) ? Results.NotFound() : Results.Stream(stream, type);
    }
}
