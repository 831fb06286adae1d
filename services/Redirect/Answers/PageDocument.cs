using System.Security.Cryptography;
using System.Text;
using LinkShort.Localization;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// The HTML around the content of a page: the look of the app (services/Web/wwwroot/css/site.css), without any further request. Media queries
/// instead of <c>light-dark()</c>, because visitors come with browsers of any age.
/// </summary>
internal static class PageDocument
{
    /// <summary>For the head of a page that search engines must not index.</summary>
    public const string NoIndexElement = "<meta name=\"robots\" content=\"noindex\">\n";

    /// <summary>The logo's mark, as in services/Web/wwwroot/img/favicon.svg.</summary>
    public const string Mark =
        "<rect width=\"32\" height=\"32\" rx=\"9\" fill=\"#0f2a1f\"/>"
        + "<path d=\"M14.5 10.5h-3a5.5 5.5 0 0 0 0 11h3M12.5 16h13M21 11.5l4.5 4.5l-4.5 4.5\" fill=\"none\" stroke=\"#c8f560\" stroke-width=\"2.6\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>";

    private const string Style =
        ":root{--page:#f6f7f3;--surface:#fff;--sunken:#eef0ea;--line:#e1e5dc;--edge:#c9d0c3;--text:#12201a;--muted:#56655c;--brand:#0a6b4a;--hover:#07563b;"
        + "--on-brand:#fff;--danger:#b3261e;--shadow:0 1px 2px #0f2a1f0f,0 8px 28px #0f2a1f0d}"
        + "@media(prefers-color-scheme:dark){:root{--page:#0b110e;--surface:#121a16;--sunken:#0e1512;--line:#233029;--edge:#35463d;--text:#e7eee9;--muted:#95a69c;"
        + "--brand:#4fe0a4;--hover:#7aecbd;--on-brand:#05251a;--danger:#ff8f84;--shadow:none}.logo rect{fill:#16402f}}"
        + "body{box-sizing:border-box;margin:0;min-height:100vh;padding:1.5rem 1rem;display:flex;flex-direction:column;align-items:center;justify-content:center;gap:1.25rem;"
        + "background:var(--page);color:var(--text);font:.9375rem/1.55 Inter,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
        + "header,main{box-sizing:border-box;width:100%;max-width:28rem}"
        + ".logo{display:inline-flex;align-items:center;gap:.6rem;font-size:1.25rem;font-weight:700;letter-spacing:-.035em}"
        + "main{padding:2rem;background:var(--surface);border:1px solid var(--line);border-radius:18px;box-shadow:var(--shadow)}"
        + "h1{margin:0;font-size:1.5rem;font-weight:650;line-height:1.2;letter-spacing:-.02em;text-wrap:balance;overflow-wrap:anywhere}"
        // Spacing would tear Arabic letters apart.
        + ":lang(ar) h1{line-height:1.4;letter-spacing:0}p{margin:.75rem 0 0;color:var(--muted)}"
        + "p.code{display:inline-block;margin:0 0 .75rem;padding:.05rem .75rem;border-radius:999px;background:#c8f560;color:#12230a;font-weight:700}";

    // For pages with more than a number, a title and a sentence. Answers to scans of random codes carry only the styles above.
    private const string LongStyle = Style
        + "[dir=rtl] .host{text-align:right}.host{margin-top:1.25rem;font-size:1.25rem;font-weight:650;color:var(--brand);overflow-wrap:anywhere}"
        + ".url{padding:.5rem .8rem;background:var(--sunken);border-radius:10px;font:.8125rem/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}"
        + ".error{color:var(--danger)}.warning{padding-inline-start:.8rem;border-inline-start:3px solid #d97a0b;color:var(--text)}"
        + "form{margin-top:1.25rem}label{display:block;margin-bottom:.35rem;font-size:.875rem;font-weight:550}"
        + "input,button,.button{box-sizing:border-box;display:block;width:100%;min-height:2.875rem;padding:.5rem .8rem;border:1px solid var(--edge);border-radius:10px;font:inherit}"
        + "input{background:var(--surface);color:var(--text)}button,.button{margin-top:1.25rem;background:var(--brand);border-color:transparent;color:var(--on-brand);"
        + "font-weight:550;line-height:1.75rem;text-align:center;text-decoration:none;cursor:pointer}button:hover,.button:hover{background:var(--hover)}"
        + ":focus-visible{outline:2.5px solid var(--brand);outline-offset:2px}";

    /// <summary>CSP of pages without a form that have a status code, a title and a sentence.</summary>
    public static readonly string Policy = PolicyFor(Style) + "; form-action 'none'";

    private static readonly string LongPolicy = PolicyFor(LongStyle);

    /// <param name="formTargets">CSP <c>form-action</c> sources for the page's form and the redirects that follow it. Null if it has no form.</param>
    /// <returns>The CSP of pages with any content.</returns>
    public static string PolicyWith(string? formTargets) => $"{LongPolicy}; form-action {formTargets ?? "'none'"}";

    /// <summary>A page with a status code, a title and a sentence.</summary>
    public static string Of(Language language, string title, int status, string sentence) =>
        Of(language, title, $"<p class=\"code\">{status}</p><h1>{title}</h1><p>{sentence}</p>", NoIndexElement, Style);

    /// <summary>A page with any content. The caller encodes all external text.</summary>
    /// <param name="main">Content of the box.</param>
    /// <param name="head">Further elements of the head.</param>
    public static string Of(Language language, string title, string main, string head) => Of(language, title, main, head, LongStyle);

    private static string Of(Language language, string title, string main, string head, string style) => $"""
        <!doctype html>
        <html lang="{language.Code}" dir="{language.Direction}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title}</title>
        {head}<style>{style}</style>
        </head>
        <body>
        <header><span class="logo"><svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">{Mark}</svg>LinkShort</span></header>
        <main>{main}</main>
        </body>
        </html>
        """;

    private static string PolicyFor(string style) =>
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'; base-uri 'none'; frame-ancestors 'none'";
}
