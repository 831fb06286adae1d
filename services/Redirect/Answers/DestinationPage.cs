using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace LinkShort.Redirect.Answers;

/// <summary>The page of <c>{code}+</c>, which shows where a link leads. The destination is not fetched.</summary>
public static class DestinationPage
{
    /// <param name="destination">Null if it is protected by a password.</param>
    /// <param name="varies">Whether some visitors are redirected elsewhere.</param>
    /// <param name="createdAt">Null if it is unknown.</param>
    public static Task WriteAsync(HttpContext context, string? destination, bool varies, DateTimeOffset? createdAt)
    {
        var html = HtmlEncoder.Default;
        var texts = Pages.TextsFor(context.Request);
        var shortUrl = html.Encode(ShortUrl.OfQuestioned(context));
        var title = texts["answers.where"];
        var main = new StringBuilder("<h1>").Append(title).Append("</h1>");
        Value("url", shortUrl);
        if (destination is null)
        {
            Sentence(texts["answers.protected"]);
        }
        else
        {
            Value("host", html.Encode(HostOf(destination)));
            Value("url", html.Encode(Visible(destination)));
        }

        if (varies)
        {
            main.Append("<p class=\"warning\">").Append(texts["answers.varies"]).Append("</p>");
        }

        if (createdAt is { } created)
        {
            Sentence(texts["answers.created", ("date", texts.Language.Date(DateOnly.FromDateTime(created.DateTime)))]);
        }

        main.Append("<a class=\"button\" rel=\"nofollow\" href=\"").Append(shortUrl).Append("\">").Append(texts["answers.follow"]).Append("</a>");
        return Pages.WriteAsync(context, StatusCodes.Status200OK, texts.Language, title, main.ToString());

        void Sentence(string text) => main.Append("<p>").Append(text).Append("</p>");

        // Hosts and URLs are read from left to right in all languages.
        void Value(string name, string text) => main.Append("<p class=\"").Append(name).Append("\" dir=\"ltr\">").Append(text).Append("</p>");
    }

    /// <summary>In punycode, which exposes look-alike letters.</summary>
    private static string HostOf(string destination) =>
        Uri.TryCreate(destination, UriKind.Absolute, out var uri) ? uri.IdnHost : "";

    /// <summary>Percent-encodes invisible characters and those that change the writing direction.</summary>
    private static string Visible(string destination) => PercentEncoding.Encode(
        destination,
        rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned));
}
