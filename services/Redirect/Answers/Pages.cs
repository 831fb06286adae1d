using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Answers without a redirect. A request that accepts HTML gets a small self-contained page, one that accepts JSON gets problem details, and
/// all others, mostly scanners of random codes, get the same two sentences as plain text, which costs less than a redirect.
/// </summary>
public static class Pages
{
    private const string Style =
        "body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;background:#f6f8fb;color:#182433;"
        + "font:16px/1.5 Inter,-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,sans-serif}"
        + "main{max-width:28rem;margin:1rem;padding:2rem;background:#fff;border:1px solid #dce1e7;border-radius:6px;text-align:center}"
        + "p.code{margin:0;font-size:3rem;font-weight:600;color:#066fd1}h1{margin:.5rem 0;font-size:1.25rem}p{margin:.5rem 0;color:#49566c}"
        + "a{color:#066fd1}@media(prefers-color-scheme:dark){body{background:#111827;color:#dce1e7}main{background:#182433;border-color:#25384f}"
        + "p{color:#9ba9be}p.code,a{color:#6ea8fe}}";

    // For pages with more than a number, a title and a sentence. Answers to scans of random codes carry only the styles above.
    private const string LongStyle = Style
        + "p.host{margin:1rem 0 0;font-size:1.25rem;font-weight:600;color:#066fd1;overflow-wrap:anywhere}"
        + "p.url{font:.875rem/1.5 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere;direction:ltr;unicode-bidi:isolate}"
        + "p.error{color:#b02a37}p.warning{color:#7a5b00}form{margin-top:1rem;text-align:left}label{display:block;margin-bottom:.25rem;font-weight:500}"
        + "input,button,a.button{box-sizing:border-box;display:block;width:100%;padding:.6rem .75rem;font:inherit;border:1px solid #8693a5;border-radius:4px}"
        + "input{background:#fff;color:#182433}button,a.button{margin-top:1rem;background:#066fd1;border-color:#066fd1;color:#fff;font-weight:500;"
        + "text-align:center;text-decoration:none;cursor:pointer}:focus-visible{outline:3px solid #6ea8fe;outline-offset:2px}"
        + "@media(prefers-color-scheme:dark){p.host{color:#6ea8fe}p.error{color:#ffa8a8}p.warning{color:#f5d58a}"
        + "input{background:#111827;color:#dce1e7;border-color:#5b6f8c}a.button{color:#fff}}";

    private static readonly StringValues Accept = "Accept";
    private static readonly StringValues Html = "text/html; charset=utf-8";
    private static readonly StringValues PlainText = "text/plain; charset=utf-8";
    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Deny = "DENY";

    private static readonly StringValues ContentSecurityPolicy = PolicyFor(Style) + "; form-action 'none'";

    private static readonly string LongPolicy = PolicyFor(LongStyle);

    public static readonly Page NotFound = new(
        Problems.NotFound, "This short link doesn't exist",
        "Check the address, including upper and lower case. The link may also have been deleted, or not be active yet.");

    public static readonly Page Gone = new(
        Problems.Gone, "This short link is no longer active", "It has expired, reached its click limit, or was archived.");

    public static readonly Page Throttled = new(
        Problems.RateLimited, "Too many wrong passwords", "Please wait 15 minutes before you try again.");

    public static readonly Page Unavailable = new(
        Problems.Unavailable, "This short link is temporarily unavailable", "Part of the service is restarting. Please try again in a few seconds.");

    public static readonly Page MethodNotAllowed = new(
        Problems.MethodNotAllowed, "Short links can only be followed", "Send GET or HEAD.");

    /// <summary>For the head of a page that search engines must not index.</summary>
    public const string NoIndexElement = "<meta name=\"robots\" content=\"noindex\">\n";

    /// <summary>Writes the page in the format that the client accepts. HEAD gets the header fields only.</summary>
    public static Task WriteAsync(HttpContext context, Page page)
    {
        var headers = context.Response.Headers;
        SetHeaders(headers, page);
        if (WantsJson(context.Request))
        {
            headers.CacheControl = RedirectHeaders.NoStore;
            headers[RedirectHeaders.RobotsTag] = RedirectHeaders.NoIndex;
            return page.Problem.Result(page.Text).ExecuteAsync(context);
        }

        context.Response.StatusCode = page.Problem.Status;
        var body = SetHeaders(context.Response.Headers, context.Request.Headers, page);
        return WriteBodyAsync(context, body);
    }

    /// <summary>Writes a page generated for this request. HEAD gets the header fields only.</summary>
    /// <param name="html">From <see cref="Document(string, string, string)"/>.</param>
    /// <param name="formTargets">CSP <c>form-action</c> sources for the page's form and the redirects that follow it. Null if it has no form.</param>
    /// <param name="mayBeIndexed">Whether search engines may index the page.</param>
    public static Task WriteAsync(HttpContext context, int status, string html, string? formTargets = null, bool mayBeIndexed = false)
    {
        var body = Encoding.UTF8.GetBytes(html);
        var response = context.Response;
        response.StatusCode = status;
        SetHeaders(response.Headers, body, $"{LongPolicy}; form-action {formTargets ?? "'none'"}", mayBeIndexed);
        return WriteBodyAsync(context, body);
    }

    /// <summary>Wraps content in the common page layout. The caller encodes all external text.</summary>
    /// <param name="main">Content of the box.</param>
    /// <param name="head">Further elements of the head.</param>
    public static string Document(string title, string main, string head = "") => Document(title, main, head, LongStyle);

    private static string Document(string title, string main, string head, string style) => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title}</title>
        {head}<style>{style}</style>
        </head>
        <body><main>{main}</main></body>
        </html>
        """;

    private static Task WriteBodyAsync(HttpContext context, byte[] body) =>
        HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();

    /// <summary>
    /// Writes the page ahead of the pipeline (<see cref="RedirectServer"/>) without allocating: scans of random codes must cost less than
    /// redirects.
    /// </summary>
    internal static Task WriteAsync(IFeatureCollection features, IHttpRequestFeature request, Page page)
    {
        var response = features as IHttpResponseFeature ?? features.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = page.Problem.Status;
        SetHeaders(response.Headers, page);
        var bytes = SetHeaders(response.Headers, request.Headers, page);
        if (HttpMethods.IsHead(request.Method))
        {
            return Task.CompletedTask;
        }

        var body = features as IHttpResponseBodyFeature ?? features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var written = body.Writer.WriteAsync(bytes);
        return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
    }

    private static void SetHeaders(IHeaderDictionary headers, Page page)
    {
        headers.Vary = Accept;
        if (page == Unavailable)
        {
            headers.RetryAfter = "2";
        }
    }

    /// <returns>The body as HTML or plain text. JSON is handled by the caller.</returns>
    private static byte[] SetHeaders(IHeaderDictionary headers, IHeaderDictionary request, Page page)
    {
        if (WantsHtml(request))
        {
            SetHeaders(headers, page.Html, ContentSecurityPolicy, mayBeIndexed: false);
            return page.Html;
        }

        // Plain text can't be mistaken for markup, and search engines don't index errors. Known header fields are the cheapest to set.
        headers.CacheControl = RedirectHeaders.NoStore;
        headers.ContentType = PlainText;
        headers.XContentTypeOptions = NoSniff;
        headers.ContentLength = page.Plain.Length;
        return page.Plain;
    }

    private static void SetHeaders(IHeaderDictionary headers, byte[] html, in StringValues policy, bool mayBeIndexed)
    {
        headers.CacheControl = RedirectHeaders.NoStore;
        if (!mayBeIndexed)
        {
            headers[RedirectHeaders.RobotsTag] = RedirectHeaders.NoIndex;
        }

        headers.ContentType = Html;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = NoSniff;
        headers.XFrameOptions = Deny;
        headers.ContentLength = html.Length;
    }

    private static string PolicyFor(string style) =>
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'; base-uri 'none'; frame-ancestors 'none'";

    private static bool WantsJson(HttpRequest request) => WantsJson(request.Headers);

    internal static bool WantsJson(IHeaderDictionary headers)
    {
        var accept = headers.Accept.ToString();
        return accept.Contains("json", StringComparison.OrdinalIgnoreCase) && !accept.Contains("text/html", StringComparison.OrdinalIgnoreCase);
    }

    private static bool WantsHtml(IHeaderDictionary headers)
    {
        foreach (var accept in headers.Accept)
        {
            if (accept is not null
                && (accept.Contains("text/html", StringComparison.OrdinalIgnoreCase) || accept.Contains("application/xhtml+xml", StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    /// <param name="Problem">The status, and the problem for JSON clients.</param>
    public sealed record Page(ProblemType Problem, string Title, string Text)
    {
        internal byte[] Html { get; } = Encoding.UTF8.GetBytes(Document(
            Title, $"<p class=\"code\">{Problem.Status}</p><h1>{Title}</h1><p>{Text}</p>", NoIndexElement, Style));

        internal byte[] Plain { get; } = Encoding.UTF8.GetBytes($"{Title}.\n{Text}\n");
    }
}

/// <summary>Header values that answers share.</summary>
public static class RedirectHeaders
{
    public const string RobotsTag = "X-Robots-Tag";

    public static readonly StringValues NoStore = "private, no-store";
    public static readonly StringValues NoIndex = "noindex";
}
