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
        var shortUrl = html.Encode(ShortUrl.OfQuestioned(context));
        var main = new StringBuilder("<h1>Where does this link lead?</h1>");
        main.Append("<p class=\"url\">").Append(shortUrl).Append("</p>");
        if (destination is null)
        {
            main.Append("<p>This link is protected by a password.</p>");
        }
        else
        {
            main.Append("<p class=\"host\">").Append(html.Encode(HostOf(destination))).Append("</p>")
                .Append("<p class=\"url\">").Append(html.Encode(Visible(destination))).Append("</p>");
        }

        if (varies)
        {
            main.Append("<p class=\"warning\">Some visitors are redirected elsewhere, depending on location, device, language or time.</p>");
        }

        if (createdAt is { } created)
        {
            main.Append(CultureInfo.InvariantCulture, $"<p>Created on <time datetime=\"{created:yyyy-MM-dd}\">{created:d MMMM yyyy}</time></p>");
        }

        main.Append("<a class=\"button\" rel=\"nofollow\" href=\"").Append(shortUrl).Append("\">Follow the link</a>");
        return Pages.WriteAsync(context, StatusCodes.Status200OK, Pages.Document("Where does this link lead?", main.ToString(), Pages.NoIndexElement));
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
