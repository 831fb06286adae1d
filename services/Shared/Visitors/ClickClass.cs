namespace LinkShort.Visitors;

/// <summary>The class of visitor that followed a link. The numbers are stored with each click: never reuse one.</summary>
public enum ClickClass : short
{
    Human = 0,

    /// <summary>A search engine, archive or scraper.</summary>
    Crawler = 1,

    /// <summary>A chat or social network that previews the link.</summary>
    Preview = 2,

    /// <summary>Mail and web protection, and vulnerability scanners.</summary>
    Scanner = 3,

    /// <summary>A browser that loads a page in advance, which the user may never open.</summary>
    Prefetch = 4,

    /// <summary>An uptime monitor or link checker.</summary>
    Monitor = 5,

    /// <summary>A program that a person uses: curl, an HTTP library, a script, a browser under remote control.</summary>
    Tool = 6,
}

public static class ClickClasses
{
    /// <summary>In the order of their numbers.</summary>
    public static readonly IReadOnlyList<string> Names = ["human", "crawler", "preview", "scanner", "prefetch", "monitor", "tool"];

    /// <summary>
    /// Bots visit on their own and are excluded from <c>clicks</c>. A tool was started by someone who wanted to follow the link, so it counts,
    /// with a class of its own.
    /// </summary>
    public static bool IsBot(this ClickClass @class) => @class is not (ClickClass.Human or ClickClass.Tool);

    /// <summary>
    /// Whether a visit counts towards a link's <c>maxClicks</c>: the same visits as in <c>clicks</c>, so that the two numbers agree and curl
    /// can't bypass a limit. Bots (previews, mail scanners, prefetches, crawlers) don't count.
    /// </summary>
    public static bool UsesUpClick(this ClickClass @class) => !@class.IsBot();

    public static string Name(this ClickClass @class) => (int)@class < Names.Count ? Names[(int)@class] : "tool";

    /// <returns>Null for an unknown name.</returns>
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
