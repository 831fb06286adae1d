using System.Security.Cryptography;
using System.Text;
using LinkShort.Localization;
using LinkShort.Look;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// The HTML around the content of a page: the look of the app, without any further request. Made once: the styles are part of each answer.
/// </summary>
internal static class PageDocument
{
    /// <summary>For the head of a page that search engines must not index.</summary>
    public const string NoIndexElement = "<meta name=\"robots\" content=\"noindex\">\n";

    private const string Short =
        "body{box-sizing:border-box;margin:0;min-height:100vh;padding:var(--space-24) var(--space-16);display:flex;flex-direction:column;align-items:center;justify-content:center;gap:var(--space-20);"
        + "background:var(--page);color:var(--text);font:var(--size-body)/var(--leading) var(--sans)}"
        + "header,main{box-sizing:border-box;width:100%;max-width:28rem}"
        + ".logo{display:inline-flex;align-items:center;gap:var(--space-10);font-size:var(--size-h2);font-weight:var(--weight-display);letter-spacing:-.035em}.logo rect{fill:var(--plate)}"
        + "main{padding:var(--space-32);background:var(--surface);border:1px solid var(--line);border-radius:var(--radius-large);box-shadow:var(--shadow)}"
        + "h1{margin:0;font-size:var(--size-panel);font-weight:var(--weight-heading);line-height:1.2;letter-spacing:-.02em;text-wrap:balance;overflow-wrap:anywhere}"
        // Spacing would tear Arabic letters apart.
        + ":lang(ar) h1{line-height:1.4;letter-spacing:0}p{margin:var(--space-12) 0 0;color:var(--muted)}"
        + "p.code{display:inline-block;margin:0 0 var(--space-12);padding:var(--space-2) var(--space-12);border-radius:var(--radius-round);background:var(--lime);color:var(--on-lime);font-weight:var(--weight-display)}";

    private const string Long = Short
        + "[dir=rtl] .host{text-align:right}.host{margin-top:var(--space-20);font-size:var(--size-h2);font-weight:var(--weight-heading);color:var(--brand);overflow-wrap:anywhere}"
        + ".url{padding:var(--space-8) var(--space-12);background:var(--sunken);border-radius:var(--radius-control);font:var(--size-small)/var(--leading) var(--mono);overflow-wrap:anywhere}"
        + ".error{color:var(--danger)}.warning{padding-inline-start:var(--space-12);border-inline-start:3px solid var(--warning);color:var(--text)}"
        + "form{margin-top:var(--space-20)}label{display:block;margin-bottom:var(--space-6);font-size:var(--size-note);font-weight:var(--weight-strong)}"
        + "input,button,.button{box-sizing:border-box;display:block;width:100%;min-height:2.875rem;padding:var(--space-8) var(--space-12);border:1px solid var(--line-strong);border-radius:var(--radius-control);font:inherit}"
        + "input{background:var(--field);color:var(--text)}button,.button{margin-top:var(--space-20);background:var(--brand);border-color:transparent;color:var(--on-brand);"
        + "font-weight:var(--weight-strong);line-height:1.75rem;text-align:center;text-decoration:none;cursor:pointer}button:hover,.button:hover{background:var(--brand-strong)}"
        + ":focus-visible{outline:2.5px solid var(--brand);outline-offset:2px}";

    private static readonly string Style = Stylesheet.Inline(Short);

    // For pages with more than a number, a title and a sentence. Answers to scans of random codes carry only the styles above.
    private static readonly string LongStyle = Stylesheet.Inline(Long);

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
        <header><span class="logo"><svg viewBox="{Logo.ViewBox}" width="32" height="32" aria-hidden="true">{Logo.Mark}</svg>LinkShort</span></header>
        <main>{main}</main>
        </body>
        </html>
        """;

    private static string PolicyFor(string style) =>
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'; base-uri 'none'; frame-ancestors 'none'";
}
