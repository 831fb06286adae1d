using System.Collections.Concurrent;
using System.Runtime.Intrinsics;

namespace LinkShort.Visitors;

/// <summary>Facts from a User-Agent header.</summary>
public sealed record UserAgent(ClickClass Class, string Browser, string Os, string Device);

/// <summary>
/// Parses User-Agent headers with ordered tables: the first row whose text occurs, in any case, wins. Order matters, because clients claim
/// to be others: Edge says Chrome, Chrome says Safari, an iPhone says "like Mac OS X".
/// <para>
/// The header of a complete browser (<c>Mozilla/5.0 (platform; device) engine …</c>) is a person's, unless it names a program. Words that
/// devices, plug-ins and apps share with programs weigh less than that form (<see cref="AutomaticVisitors"/>).
/// </para>
/// </summary>
public static class UserAgents
{
    /// <summary>A client without a User-Agent is a program, because every browser sends one.</summary>
    private static readonly UserAgent None = new(ClickClass.Tool, VisitorFacts.Unknown, VisitorFacts.Unknown, VisitorFacts.Unknown);

    /// <summary>The number of rows at the start of <see cref="Tools"/> whose programs also say Mozilla.</summary>
    private const int PretendingTools = 1;

    /// <summary>Offset of rows of <see cref="Tools"/> where they are used in place of a browser.</summary>
    private const int FirstTool = 1 << 12;

    /// <summary>Programs that people use, with their display names.</summary>
    private static readonly (string Text, string Name)[] Tools =
    [
        ("jsdom", "jsdom"), ("|curl|", "curl"), ("Wget", "Wget"),
        ("HTTPie", "HTTPie"), ("|xh/", "xh"), ("PostmanRuntime", "Postman"), ("insomnia", "Insomnia"), ("Bruno", "Bruno"),
        ("python-requests", "Python"), ("Python-urllib", "Python"), ("python-httpx", "Python"), ("aiohttp", "Python"), ("Python/", "Python"),
        ("Go-http-client", "Go"), ("okhttp", "OkHttp"), ("Apache-HttpClient", "Java"), ("Java/", "Java"), ("Java-http-client", "Java"),
        ("|AHC/", "Java"), ("Jetty/", "Java"), ("Jersey/", "Java"), ("HttpClient", "Java"), ("Pcore-HTTP", "Perl"), ("|lwp-", "Perl"), ("httpunit", "Java"),
        ("axios", "Node.js"), ("node-fetch", "Node.js"), ("undici", "Node.js"), ("got (", "Node.js"), ("|node|", "Node.js"), ("Deno/", "Deno"), ("Bun/", "Bun"),
        ("libwww-perl", "Perl"), ("Faraday", "Ruby"), ("Ruby", "Ruby"), ("GuzzleHttp", "PHP"), ("Symfony", "PHP"), ("PHP", "PHP"), ("RestSharp", ".NET"), (".NET", ".NET"),
        ("reqwest", "Rust"), ("WinHttp", "WinHTTP"), ("PowerShell", "PowerShell"), ("ApacheBench", "ApacheBench"), ("|wrk|", "wrk"), ("|k6/", "k6"),
        ("Dart/", "Dart"), ("CFNetwork", "CFNetwork"), ("Lynx/", "Lynx"), ("Links (", "Links"), ("ELinks", "Links"), ("|w3m/", "w3m"),
        ("Microsoft Office/", "Microsoft Office"),
    ];

    private static readonly (string Text, string Name)[] Browsers =
    [
        ("HeadlessChrome", "Headless Chrome"), ("PhantomJS", "PhantomJS"),
        ("FBAN/", "Facebook"), ("FBAV/", "Facebook"), ("Instagram ", "Instagram"), ("musical_ly", "TikTok"), ("BytedanceWebview", "TikTok"),
        ("TikTok", "TikTok"), ("LinkedInApp", "LinkedIn"), ("Snapchat", "Snapchat"), ("Pinterest/", "Pinterest"), ("MicroMessenger", "WeChat"),
        ("|Line/", "LINE"), ("GSA/", "Google app"),
        ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("Edg/", "Edge"), ("Edge/", "Edge"), ("OPR/", "Opera"), ("OPiOS/", "Opera"), ("OPT/", "Opera"), ("Coast/", "Opera"), ("Opera", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"), ("YaBrowser/", "Yandex"), ("Vivaldi/", "Vivaldi"), ("UCBrowser", "UC Browser"), ("UC Browser", "UC Browser"),
        ("UCWEB", "UC Browser"), ("UBrowser/", "UC Browser"),
        ("MiuiBrowser/", "Mi Browser"), ("HuaweiBrowser/", "Huawei Browser"), ("Whale/", "Whale"), ("DuckDuckGo/", "DuckDuckGo"), ("Ddg/", "DuckDuckGo"),
        ("Brave/", "Brave"), ("QQBrowser", "QQ Browser"), ("|QQ/", "QQ Browser"), ("Silk/", "Silk"), ("FxiOS/", "Firefox"), ("Focus/", "Firefox"), ("Firefox/", "Firefox"), ("Fennec/", "Firefox"),
        ("CriOS/", "Chrome"), ("CrMo/", "Chrome"), ("MSIE ", "Internet Explorer"), ("Trident/", "Internet Explorer"), ("; wv)", "Android WebView"),
        ("Electron/", "Electron"),
        ("Chromium/", "Chrome"), ("Chrome/", "Chrome"), ("Android", "Android Browser"), ("Safari/", "Safari"), ("iPhone", "Safari"), ("iPad", "Safari"),
        ("AppleWebKit", "Safari"),
    ];

    private static readonly (string Text, string Name)[] OperatingSystems =
    [
        ("Windows Phone", "Windows Phone"), ("iPhone", "iOS"), ("iPad", "iOS"), ("iPod", "iOS"), ("AppleTV", "tvOS"), ("HarmonyOS", "HarmonyOS"),
        ("Tizen", "Tizen"), ("Web0S", "webOS"), ("webOS", "webOS"), ("KAIOS", "KaiOS"), ("Android", "Android"), ("|CrOS|", "ChromeOS"),
        ("Windows", "Windows"), ("|Win95", "Windows"), ("|Win98", "Windows"), ("|Win7|", "Windows"), ("|Win10|", "Windows"), ("|Win11|", "Windows"),
        ("Macintosh", "macOS"), ("Mac OS X", "macOS"), ("PlayStation", "PlayStation"), ("Nintendo", "Nintendo"),
        ("FreeBSD", "FreeBSD"), ("OpenBSD", "OpenBSD"), ("Linux", "Linux"), ("X11", "Linux"),
    ];

    private static readonly (string Text, string Name)[] Devices =
    [
        ("SmartTV", "TV"), ("SMART-TV", "TV"), ("HbbTV", "TV"), ("AppleTV", "TV"), ("Roku", "TV"), ("CrKey", "TV"), ("BRAVIA", "TV"), ("|AFT", "TV"), ("NetCast", "TV"),
        ("Web0S", "TV"), ("Android TV", "TV"), ("GoogleTV", "TV"),
        ("PlayStation", "Console"), ("Xbox", "Console"), ("Nintendo", "Console"),
        ("iPad", "Tablet"), ("Tablet", "Tablet"), ("Kindle", "Tablet"), ("Silk/", "Tablet"), ("PlayBook", "Tablet"),
        ("Nexus 7", "Tablet"), ("Nexus 9", "Tablet"), ("Nexus 10", "Tablet"), ("Pixel C|", "Tablet"), ("|Nook", "Tablet"),
        // Phones whose browsers omit Mobile when they request the desktop page.
        ("|Pixel ", "Mobile"), ("SM-G9", "Mobile"), ("SM-S9", "Mobile"), ("Nokia", "Mobile"),
        ("iPhone", "Mobile"), ("iPod", "Mobile"), ("Mobi", "Mobile"), ("Windows Phone", "Mobile"), ("Opera Mini", "Mobile"),
        // An Android that doesn't say Mobile is a tablet (Chrome's own rule).
        ("Android", "Tablet"),
        ("Windows", "Desktop"), ("Macintosh", "Desktop"), ("|CrOS|", "Desktop"), ("X11", "Desktop"), ("Linux", "Desktop"),
    ];

    /// <summary>What renders pages, by its own name or that of its browser.</summary>
    private static readonly string[] Engines =
    [
        "MIDP", "CLDC", "UP.Browser", "UP.Link", "UCWEB", "UCBrowser", "UC Browser", "NetFront", "|Obigo", "Teleca", "DoCoMo/", "J-PHONE/", "SoftBank/",
        "Vodafone/", "KDDI-", "HbbTV/", "RokuBrowser/", "|Dolfin", "|Dorado", "WAP Browser", "WAP-Browser", "|MAUI", "jig browser", "|BlackBerry", "KreaTV",
        "smarttv", "Browser|", "|Mosaic", "_Mosaic", "|Dillo/", "NetSurf/", "Amiga", "Voyager", "DuckDuckGo/5", "FBAN/", "|Nokia", "SonyEricsson",
        "|LG-", "|MOT-", "|SAMSUNG-", "|PHILIPS", "|Sanyo-", "|Alcatel-", "|SEC-", "|SIE-", "UP/4", "UP/3", "MobileExplorer", "MMEF", "AVE-Front", "AveFront",
        "DreamPassport", "Planetweb", "WebExplorer", "Midori/", "OmniWeb", "PalmOS", "|Symbian", "|EPOC", "WinWAP", "Espial", "|Roku/", "NTTDoCoMo",
        "AppleWebKit", "Gecko/", "like Gecko", "|Gecko|", "Trident/", "MSIE ", "Presto/", "KHTML", "WebKit/", "Goanna/", "Servo", "Opera", "Firefox/", "Silk/", "Polaris",
        "Chrome/", "Safari/",
    ];

    /// <summary>The number of rows at the start of <see cref="Engines"/> of phones and TVs, which name neither Mozilla nor always a system.</summary>
    private static readonly int DeviceEngines = Array.IndexOf(Engines, "AppleWebKit");

    // Indexes of the tables in the automaton's result.
    private const int NamedTable = 0;
    private const int BehindDeviceTable = 1;
    private const int WithoutAppTable = 2;
    private const int ToolsTable = 3;
    private const int BrowsersTable = 4;
    private const int SystemsTable = 5;
    private const int DevicesTable = 6;
    private const int EnginesTable = 7;

    private static readonly WordAutomaton Words = new(
        [.. AutomaticVisitors.Named.Select(row => AutomaticVisitors.Pattern(row.Text))],
        [.. AutomaticVisitors.BehindDevice.Select(row => AutomaticVisitors.Pattern(row.Text))],
        [.. AutomaticVisitors.WithoutApp.Select(row => AutomaticVisitors.Pattern(row.Text))],
        [.. Tools.Select(row => row.Text)],
        [.. Browsers.Select(row => row.Text)],
        [.. OperatingSystems.Select(row => row.Text)],
        [.. Devices.Select(row => row.Text)],
        Engines);

    private static readonly Rows Named = new(AutomaticVisitors.Named);
    private static readonly Rows BehindDevice = new(AutomaticVisitors.BehindDevice);
    private static readonly Rows WithoutApp = new(AutomaticVisitors.WithoutApp);
    private static readonly string[] ToolReasons = [.. Tools.Select(row => "program " + row.Name)];

    /// <summary>The first of the systems of computers; those before it name their device, and their browsers are also those of apps.</summary>
    private static readonly int FirstComputer = Array.FindIndex(OperatingSystems, row => row.Name == "ChromeOS");

    /// <summary>The first of the systems that servers run.</summary>
    private static readonly int FirstServer = Array.FindIndex(OperatingSystems, row => row.Name == "FreeBSD");

    /// <summary>One object per distinct result: there are few, and a click allocates none.</summary>
    private static readonly ConcurrentDictionary<(ClickClass Class, ushort Browser, ushort System, ushort Device), UserAgent> Answers = new();

    public static UserAgent Parse(string? header) => Parse(header, out _);

    /// <summary>Parses a header in one pass, a suspicious one in two. Allocates nothing for a combination seen before.</summary>
    /// <param name="reason">The word or rule that decided the class; null for people.</param>
    public static UserAgent Parse(string? header, out string? reason)
    {
        if (string.IsNullOrWhiteSpace(header))
        {
            reason = "no User-Agent";
            return None;
        }

        var found = Words.Find(header);
        var browser = found[BrowsersTable];
        if (Decide(header, found, out reason) is { } automatic)
        {
            return Answer(automatic, browser, found);
        }

        // Libraries don't claim to be a browser; a few that imitate one also name themselves.
        var tool = found[ToolsTable];
        var pretends = ClaimsToBeBrowser(header);
        var hasEngine = found[EnginesTable] != WordAutomaton.None;
        var hasSystem = found[SystemsTable] != WordAutomaton.None;
        if (tool != WordAutomaton.None && (!pretends || tool < PretendingTools) && found[EnginesTable] >= DeviceEngines)
        {
            reason = ToolReasons[tool];
            return Answer(ClickClass.Tool, (ushort)(tool + FirstTool), found);
        }

        if (hasEngine && (pretends || hasSystem || found[EnginesTable] < DeviceEngines))
        {
            reason = null;
            return Answer(ClickClass.Human, browser, found);
        }

        // An app on a person's device, which fetches what that person asked for.
        if (hasSystem && found[SystemsTable] < FirstServer)
        {
            reason = "app";
            return Answer(ClickClass.Tool, browser, found);
        }

        if (pretends && (hasSystem || IsOfLastCentury(header)))
        {
            reason = "incomplete browser";
            return Answer(ClickClass.Tool, browser, found);
        }

        // Neither a browser nor on anybody's device nor a program that people start: it visits on its own.
        reason = "unknown program";
        return Answer(ClickClass.Crawler, browser, found);
    }

    /// <returns>The class of an automatic visitor; null if no word of <see cref="AutomaticVisitors"/> decides.</returns>
    private static ClickClass? Decide(string header, Vector128<ushort> found, out string? reason)
    {
        var (named, behind, without) = (found[NamedTable], found[BehindDeviceTable], found[WithoutAppTable]);
        if ((named & behind & without) == WordAutomaton.None)
        {
            reason = null;
            return null;
        }

        var system = found[SystemsTable];
        var isComplete = found[EnginesTable] < DeviceEngines
            || (found[EnginesTable] != WordAutomaton.None && system != WordAutomaton.None && StartsAsBrowser(header));
        // A name is more specific than a word: "Mastodon/4.3 (+https://…)" is a preview.
        if ((named < AutomaticVisitors.Names || isComplete) && Named.Decide(named, out reason) is { } byName)
        {
            return byName;
        }

        if (!isComplete)
        {
            return WithoutApp.Decide(without, out reason) ?? Named.Decide(named, out reason) ?? BehindDevice.Decide(behind, out reason);
        }

        if (system >= FirstComputer && found[EnginesTable] >= DeviceEngines)
        {
            return BehindDevice.Decide(behind, out reason) ?? (without >= AutomaticVisitors.Apps ? WithoutApp.Decide(without, out reason) : null);
        }

        return BehindDevice.Decide(behind == WordAutomaton.None ? behind : Words.Find(BehindPlatform(header))[BehindDeviceTable], out reason);
    }

    /// <summary>Every browser of the last twenty years starts so.</summary>
    private static bool StartsAsBrowser(string header) =>
        header.StartsWith("Mozilla/", StringComparison.OrdinalIgnoreCase) || header.StartsWith("Opera/", StringComparison.OrdinalIgnoreCase);

    /// <summary>The browsers of some TVs and apps put their own name first.</summary>
    private static bool ClaimsToBeBrowser(string header) => StartsAsBrowser(header) || header.Contains("Mozilla/", StringComparison.OrdinalIgnoreCase);

    /// <summary>Mozilla/1 to Mozilla/4 without an engine's name: browsers before 2000, which did not name one.</summary>
    private static bool IsOfLastCentury(string header) => header.Length > 8 && header[8] is >= '1' and <= '4' && StartsAsBrowser(header);

    /// <returns>What follows the first comment, which holds the platform and the device; everything, if there is no such comment.</returns>
    private static ReadOnlySpan<char> BehindPlatform(ReadOnlySpan<char> header)
    {
        var depth = 0;
        for (var i = 0; i < header.Length; i++)
        {
            depth += header[i] == '(' ? 1 : header[i] == ')' ? -1 : 0;
            if (header[i] == ')' && depth == 0)
            {
                return header[(i + 1)..];
            }
        }

        return depth > 0 ? [] : header;
    }

    private static UserAgent Answer(ClickClass @class, ushort browser, Vector128<ushort> found)
    {
        var key = (@class, browser, found[SystemsTable], found[DevicesTable]);
        return Answers.TryGetValue(key, out var known) ? known : Answers.GetOrAdd(key, static key => new UserAgent(
            key.Class,
            key.Browser is WordAutomaton.None ? VisitorFacts.Unknown : key.Browser >= FirstTool ? Tools[key.Browser - FirstTool].Name : Browsers[key.Browser].Name,
            key.System is WordAutomaton.None ? VisitorFacts.Unknown : OperatingSystems[key.System].Name,
            key.Device is WordAutomaton.None ? VisitorFacts.Unknown : Devices[key.Device].Name));
    }

    /// <summary>A table's classes and reasons, by row.</summary>
    private sealed class Rows((string Text, ClickClass Class)[] table)
    {
        private readonly string[] _reasons = [.. table.Select(row => AutomaticVisitors.Reason(row.Text))];

        /// <returns>Null for no row, and for one that exempts.</returns>
        public ClickClass? Decide(ushort row, out string? reason)
        {
            if (row == WordAutomaton.None || table[row].Class == ClickClass.Human)
            {
                reason = null;
                return null;
            }

            reason = _reasons[row];
            return table[row].Class;
        }
    }
}
