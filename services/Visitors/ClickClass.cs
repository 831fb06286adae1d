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
    /// <summary>
    /// Bots come by themselves and are kept out of <c>clicks</c>. A tool was started by someone who wanted to follow the link,
    /// so it counts, and is told apart by its class.
    /// </summary>
    public static bool IsBot(this ClickClass @class) => @class is not (ClickClass.Human or ClickClass.Tool);

    public static string Name(this ClickClass @class) => @class switch
    {
        ClickClass.Human => "human",
        ClickClass.Crawler => "crawler",
        ClickClass.Preview => "preview",
        ClickClass.Scanner => "scanner",
        ClickClass.Prefetch => "prefetch",
        ClickClass.Monitor => "monitor",
        _ => "tool",
    };
}
