using LinkShort.Web.Sessions;

namespace LinkShort.Web.Links;

/// <summary>How the list of links looks in this browser: its density and its columns. A cookie, which the script writes, too.</summary>
/// <param name="Hidden">Names of <see cref="Columns"/>.</param>
public sealed record LinkView(bool IsCompact, IReadOnlyList<string> Hidden)
{
    public const string Cookie = "links-view";

    public static readonly IReadOnlyList<string> Columns = ["destination", "tags", "trend", "creator", "created"];

    /// <summary>Classes of the list.</summary>
    public string Classes => string.Join(' ', [IsCompact ? "is-compact" : "", .. Hidden.Select(column => "hides-" + column)]).Trim();

    public static LinkView Read(HttpContext context)
    {
        var words = (HostCookie.Read(context, Cookie) ?? "").Split('.');
        return new LinkView(words.Contains("compact"), [.. Columns.Where(words.Contains)]);
    }

    public void Write(HttpContext context) =>
        HostCookie.Write(context, Cookie, string.Join('.', [IsCompact ? "compact" : "comfortable", .. Hidden]), TimeSpan.FromDays(365), forScript: true);
}
