using System.Text;
using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Answers without a redirect. A request that accepts HTML gets a small self-contained page in its language, one that accepts JSON gets problem
/// details, and all others, mostly scanners of random codes, get the same two sentences as plain text, which costs less than a redirect.
/// </summary>
public static class Pages
{
    /// <summary>The texts of all pages.</summary>
    public static readonly TextCatalog Catalog = TextCatalog.Of(typeof(Pages).Assembly);

    private static readonly StringValues Accept = "Accept";
    private static readonly StringValues AcceptAndLanguage = "Accept, Accept-Language";
    private static readonly StringValues AcceptLanguage = "Accept-Language";
    private static readonly StringValues Html = "text/html; charset=utf-8";
    private static readonly StringValues PlainText = "text/plain; charset=utf-8";
    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Deny = "DENY";

    private static readonly StringValues ContentSecurityPolicy = PageDocument.Policy;

    public static readonly Page NotFound = new(Problems.NotFound, "answers.notFound", "answers.notFoundText");

    public static readonly Page Gone = new(Problems.Gone, "answers.gone", "answers.goneText");

    public static readonly Page Throttled = new(Problems.RateLimited, "passwords.throttled", "passwords.throttledText");

    public static readonly Page Unavailable = new(Problems.Unavailable, "answers.unavailable", "answers.unavailableText");

    public static readonly Page MethodNotAllowed = new(Problems.MethodNotAllowed, "answers.methodNotAllowed", "answers.methodNotAllowedText");

    /// <summary>Renders what scans of random codes get, so that none of them waits for it. Texts that aren't valid stop the start.</summary>
    public static void Prepare()
    {
        foreach (var language in Language.All)
        {
            NotFound.HtmlIn(language);
            Unavailable.HtmlIn(language);
        }
    }

    /// <summary>In the visitor's language.</summary>
    public static Texts TextsFor(HttpRequest request) => Catalog.In(LanguageOf(request.Headers));

    /// <summary>Writes the page in the format that the client accepts. HEAD gets the header fields only.</summary>
    public static Task WriteAsync(HttpContext context, Page page)
    {
        var headers = context.Response.Headers;
        SetRetryAfter(headers, page);
        if (WantsJson(context.Request))
        {
            headers.Vary = Accept;
            headers.CacheControl = RedirectHeaders.NoStore;
            headers[RedirectHeaders.RobotsTag] = RedirectHeaders.NoIndex;
            return page.Problem.Result(LocalizedText.Verbatim(page.Text)).ExecuteAsync(context);
        }

        context.Response.StatusCode = page.Problem.Status;
        var body = SetHeaders(headers, context.Request.Headers, page);
        return WriteBodyAsync(context, body);
    }

    /// <summary>Writes a page generated for this request. HEAD gets the header fields only.</summary>
    /// <param name="main">Content of the box. The caller encodes all external text.</param>
    /// <param name="head">Further elements of the head.</param>
    /// <param name="formTargets">CSP <c>form-action</c> sources for the page's form and the redirects that follow it. Null if it has no form.</param>
    /// <param name="mayBeIndexed">Whether search engines may index the page.</param>
    public static Task WriteAsync(
        HttpContext context, int status, Language language, string title, string main, string head = PageDocument.NoIndexElement, string? formTargets = null, bool mayBeIndexed = false)
    {
        var body = Encoding.UTF8.GetBytes(PageDocument.Of(language, title, main, head));
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.Vary = AcceptLanguage;
        SetHeaders(response.Headers, body, language, PageDocument.PolicyWith(formTargets), mayBeIndexed);
        return WriteBodyAsync(context, body);
    }

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
        SetRetryAfter(response.Headers, page);
        var bytes = SetHeaders(response.Headers, request.Headers, page);
        if (HttpMethods.IsHead(request.Method))
        {
            return Task.CompletedTask;
        }

        var body = features as IHttpResponseBodyFeature ?? features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var written = body.Writer.WriteAsync(bytes);
        return written.IsCompletedSuccessfully ? Task.CompletedTask : written.AsTask();
    }

    private static void SetRetryAfter(IHeaderDictionary headers, Page page)
    {
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
            var language = LanguageOf(request);
            var html = page.HtmlIn(language);
            headers.Vary = AcceptAndLanguage;
            SetHeaders(headers, html, language, ContentSecurityPolicy, mayBeIndexed: false);
            return html;
        }

        // Plain text can't be mistaken for markup, and search engines don't index errors. Known header fields are the cheapest to set.
        headers.Vary = Accept;
        headers.CacheControl = RedirectHeaders.NoStore;
        headers.ContentType = PlainText;
        headers.XContentTypeOptions = NoSniff;
        headers.ContentLength = page.Plain.Length;
        return page.Plain;
    }

    private static void SetHeaders(IHeaderDictionary headers, byte[] html, Language language, in StringValues policy, bool mayBeIndexed)
    {
        headers.CacheControl = RedirectHeaders.NoStore;
        if (!mayBeIndexed)
        {
            headers[RedirectHeaders.RobotsTag] = RedirectHeaders.NoIndex;
        }

        headers.ContentType = Html;
        headers.ContentLanguage = language.Code;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = NoSniff;
        headers.XFrameOptions = Deny;
        headers.ContentLength = html.Length;
    }

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

    private static Language LanguageOf(IHeaderDictionary headers) => Language.PreferredOf(headers.AcceptLanguage) ?? Language.English;
}

/// <summary>Header values that answers share.</summary>
public static class RedirectHeaders
{
    public const string RobotsTag = "X-Robots-Tag";

    public static readonly StringValues NoStore = "private, no-store";
    public static readonly StringValues NoIndex = "noindex";
}
