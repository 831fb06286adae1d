using System.Text;
using System.Text.Encodings.Web;
using LinkShort.Contracts;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// The page for chats and social networks when the owner has set a preview: Open Graph (https://ogp.me) and X's equivalent. Its canonical
/// URL is the short URL, so that shares lead through the link.
/// <para>
/// A person may be taken for such a crawler, so the page sends its reader on to the destination. It does so by a header field: a card's
/// crawler might follow a <c>meta</c> refresh, and show the destination instead of the owner's preview.
/// </para>
/// </summary>
public static class PreviewPage
{
    /// <param name="location">Where a person is sent on, as a header value.</param>
    public static Task WriteAsync(HttpContext context, LinkBehavior behavior, string location)
    {
        var preview = behavior.Preview!;
        var html = HtmlEncoder.Default;
        var shortUrl = ShortUrl.Of(context);
        var address = html.Encode(shortUrl);
        var title = html.Encode(preview.Title ?? new Uri(shortUrl).Host);
        var head = new StringBuilder();
        void Property(string name, string value) => head.Append("<meta property=\"og:").Append(name).Append("\" content=\"").Append(value).Append("\">\n");
        void Named(string name, string value) => head.Append("<meta name=\"").Append(name).Append("\" content=\"").Append(value).Append("\">\n");

        if (behavior.AllowIndexing != true)
        {
            head.Append(PageDocument.NoIndexElement);
        }

        head.Append("<link rel=\"canonical\" href=\"").Append(address).Append("\">\n");
        Property("type", "website");
        Property("url", address);
        Property("title", title);
        if (preview.Description is { } description)
        {
            Property("description", html.Encode(description));
            Named("description", html.Encode(description));
        }

        if (preview.Image is { } image)
        {
            Property("image", html.Encode(image));
        }

        Named("twitter:card", preview.Image is null ? "summary" : "summary_large_image");
        var texts = Pages.TextsFor(context.Request);
        // The owner's words are in a language that only the owner knows.
        var main = $"""
            <h1 lang="" dir="auto">{title}</h1><p lang="" dir="auto">{html.Encode(preview.Description ?? "")}</p>
            <a class="button" rel="nofollow" href="{html.Encode(location)}">{texts["answers.continue"]}</a>
            """;
        // As with a redirect, the destination doesn't learn which link led there.
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        // Browsers read this field as Latin-1, unlike Location. Percent-encoded UTF-8 means the same, in a host too.
        context.Response.Headers["Refresh"] = "1; url=" + PercentEncoding.Encode(location, rune => rune.IsAscii);
        return Pages.WriteAsync(
            context, StatusCodes.Status200OK, texts.Language, title, main, head.ToString(), mayBeIndexed: behavior.AllowIndexing == true);
    }
}
