namespace LinkShort.Visitors;

/// <summary>Who, or what, followed the link. The numbers are stored with each click: never reuse one.</summary>
public enum ClickClass : short
{
    Human = 0,

    /// <summary>A search engine, archive or scraper that walks the web.</summary>
    Crawler = 1,

    /// <summary>A chat or social network that draws a preview of the link.</summary>
    Preview = 2,

    /// <summary>Mail and web protection, and those who probe.</summary>
    Scanner = 3,

    /// <summary>A browser that loads ahead what the person may never open.</summary>
    Prefetch = 4,

    /// <summary>A watch on whether the link works.</summary>
    Monitor = 5,

    /// <summary>A program in somebody's hands: curl, an HTTP library, a script, a browser under remote control.</summary>
    Tool = 6,
}

public static class ClickClasses
{
    /// <summary>In the order of their numbers.</summary>
    public static readonly IReadOnlyList<string> Names = ["human", "crawler", "preview", "scanner", "prefetch", "monitor", "tool"];

    /// <summary>
    /// Bots come by themselves and are kept out of <c>clicks</c>. A tool was started by someone who wanted to follow the link,
    /// so it counts, and is told apart by its class.
    /// </summary>
    public static bool IsBot(this ClickClass @class) => @class is not (ClickClass.Human or ClickClass.Tool);

    /// <summary>
    /// Whether a visit uses up one of a link's <c>maxClicks</c>: the same visits that <c>clicks</c> counts, so that the two numbers agree,
    /// and so that curl is no way round a limit. What comes by itself (previews, mail scanners, prefetches, crawlers) uses up none.
    /// </summary>
    public static bool UsesUpClick(this ClickClass @class) => !@class.IsBot();

    public static string Name(this ClickClass @class) => (int)@class < Names.Count ? Names[(int)@class] : "tool";

    /// <returns>Null for a name that there isn't.</returns>
    public static ClickClass? Parse(string? name)
    {
        for (var number = 0; number < Names.Count; number++)
        {
            if (Names[number] == name)
            {
                return (ClickClass)number;
            }
        }

        return null;
    }
}
