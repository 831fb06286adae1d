using System.Collections.Concurrent;
using System.Runtime.Intrinsics;

namespace LinkShort.Visitors;

/// <summary>Facts from a User-Agent header.</summary>
public sealed record UserAgent(ClickClass Class, string Browser, string Os, string Device);

/// <summary>
/// Parses User-Agent headers with ordered tables: the first row whose text occurs, in any case, wins. Order matters, because clients claim
/// to be others: Edge says Chrome, Chrome says Safari, an iPhone says "like Mac OS X".
/// </summary>
public static class UserAgents
{
    /// <summary>A client without a User-Agent is a program, because every browser sends one.</summary>
    private static readonly UserAgent None = new(ClickClass.Tool, VisitorFacts.Unknown, VisitorFacts.Unknown, VisitorFacts.Unknown);

    /// <summary>Automatic visitors, most specific first. The generic words at the end match those that the table doesn't name.</summary>
    private static readonly (string Text, ClickClass Class)[] Automatic =
    [
        // Monitors
        ("UptimeRobot", ClickClass.Monitor), ("Pingdom", ClickClass.Monitor), ("StatusCake", ClickClass.Monitor),
        ("Better Uptime", ClickClass.Monitor), ("BetterStack", ClickClass.Monitor), ("Site24x7", ClickClass.Monitor),
        ("NewRelicPinger", ClickClass.Monitor), ("NewRelicSynthetics", ClickClass.Monitor), ("Datadog", ClickClass.Monitor),
        ("updown.io", ClickClass.Monitor), ("Uptime-Kuma", ClickClass.Monitor), ("Checkly", ClickClass.Monitor),
        ("GoogleStackdriverMonitoring", ClickClass.Monitor), ("HetrixTools", ClickClass.Monitor), ("kube-probe", ClickClass.Monitor),
        ("ELB-HealthChecker", ClickClass.Monitor), ("GoogleHC/", ClickClass.Monitor), ("Amazon-Route53-Health", ClickClass.Monitor),
        ("check_http", ClickClass.Monitor), ("Zabbix", ClickClass.Monitor), ("Blackbox Exporter", ClickClass.Monitor),
        ("Freshping", ClickClass.Monitor), ("LinkChecker", ClickClass.Monitor), ("W3C-checklink", ClickClass.Monitor),
        ("Chrome-Lighthouse", ClickClass.Monitor), ("PTST/", ClickClass.Monitor), ("Catchpoint", ClickClass.Monitor),
        // Scanners
        ("Barracuda", ClickClass.Scanner), ("Proofpoint", ClickClass.Scanner), ("Mimecast", ClickClass.Scanner),
        ("URLDefense", ClickClass.Scanner), ("BitSightBot", ClickClass.Scanner), ("urlscan", ClickClass.Scanner),
        ("VirusTotal", ClickClass.Scanner), ("Google-Safety", ClickClass.Scanner), ("SafeDNSBot", ClickClass.Scanner),
        ("CensysInspect", ClickClass.Scanner), ("Expanse", ClickClass.Scanner), ("InternetMeasurement", ClickClass.Scanner),
        ("zgrab", ClickClass.Scanner), ("masscan", ClickClass.Scanner), ("Nuclei", ClickClass.Scanner), ("Nmap", ClickClass.Scanner),
        ("sqlmap", ClickClass.Scanner), ("Nikto", ClickClass.Scanner), ("WPScan", ClickClass.Scanner), ("Netcraft", ClickClass.Scanner),
        ("Cloudmark", ClickClass.Scanner), ("Sophos", ClickClass.Scanner), ("PaloAlto", ClickClass.Scanner), ("l9explore", ClickClass.Scanner),
        ("Detectify", ClickClass.Scanner), ("Qualys", ClickClass.Scanner), ("Nessus", ClickClass.Scanner), ("Acunetix", ClickClass.Scanner),
        // Previews. iMessage identifies as facebookexternalhit and Twitterbot.
        ("facebookexternalhit", ClickClass.Preview), ("facebookcatalog", ClickClass.Preview), ("Facebot", ClickClass.Preview),
        ("Twitterbot", ClickClass.Preview), ("Slackbot", ClickClass.Preview), ("Slack-ImgProxy", ClickClass.Preview),
        ("Discordbot", ClickClass.Preview), ("WhatsApp/", ClickClass.Preview), ("TelegramBot", ClickClass.Preview),
        ("LinkedInBot", ClickClass.Preview), ("SkypeUriPreview", ClickClass.Preview), ("MicrosoftPreview", ClickClass.Preview),
        ("Mastodon/", ClickClass.Preview), ("Pleroma", ClickClass.Preview), ("Akkoma", ClickClass.Preview), ("Misskey", ClickClass.Preview),
        ("Iframely", ClickClass.Preview), ("Embedly", ClickClass.Preview), ("redditbot", ClickClass.Preview), ("vkShare", ClickClass.Preview),
        ("Viber", ClickClass.Preview), ("Snap URL Preview", ClickClass.Preview), ("Cardyb", ClickClass.Preview), ("Synapse", ClickClass.Preview),
        ("Google-PageRenderer", ClickClass.Preview), ("BitlyBot", ClickClass.Preview),
        ("kakaotalk-scrap", ClickClass.Preview), ("LinePreview", ClickClass.Preview), ("Line-Poker", ClickClass.Preview), ("opengraph", ClickClass.Preview),
        // Crawlers by name
        ("Googlebot", ClickClass.Crawler), ("Google-InspectionTool", ClickClass.Crawler), ("GoogleOther", ClickClass.Crawler),
        ("AdsBot", ClickClass.Crawler), ("Mediapartners-Google", ClickClass.Crawler), ("FeedFetcher", ClickClass.Crawler),
        ("bingbot", ClickClass.Crawler), ("BingPreview", ClickClass.Crawler), ("Yahoo! Slurp", ClickClass.Crawler),
        ("DuckDuckBot", ClickClass.Crawler), ("Baiduspider", ClickClass.Crawler), ("YandexBot", ClickClass.Crawler), ("Applebot", ClickClass.Crawler),
        ("GPTBot", ClickClass.Crawler), ("ChatGPT-User", ClickClass.Crawler), ("ClaudeBot", ClickClass.Crawler), ("anthropic-ai", ClickClass.Crawler),
        ("PerplexityBot", ClickClass.Crawler), ("CCBot", ClickClass.Crawler), ("meta-externalagent", ClickClass.Crawler),
        ("ia_archiver", ClickClass.Crawler), ("archive.org", ClickClass.Crawler), ("Bytespider", ClickClass.Crawler), ("Scrapy", ClickClass.Crawler),
        ("heritrix", ClickClass.Crawler), ("Nutch", ClickClass.Crawler), ("HTTrack", ClickClass.Crawler), ("Screaming Frog", ClickClass.Crawler),
        ("GoogleImageProxy", ClickClass.Crawler), ("YLT", ClickClass.Monitor), ("GTmetrix", ClickClass.Monitor), ("Siteimprove", ClickClass.Monitor),
        ("Datanyze", ClickClass.Crawler), ("DareBoost", ClickClass.Monitor), ("Silktide", ClickClass.Monitor), ("ThousandEyes", ClickClass.Monitor),
        ("Ghost Inspector", ClickClass.Monitor), ("AppInsights", ClickClass.Monitor), ("Rigor)", ClickClass.Monitor), ("Hardenize", ClickClass.Scanner),
        ("Foregenix", ClickClass.Scanner), ("watchTowr", ClickClass.Scanner), ("Collapsify", ClickClass.Crawler), ("Hotjar", ClickClass.Crawler),
        ("LinkTiger", ClickClass.Monitor), ("ips-agent", ClickClass.Crawler), ("Miniature.io", ClickClass.Preview),
        ("Hatena", ClickClass.Preview), ("Bluesky", ClickClass.Preview), ("Valve/Steam", ClickClass.Preview), ("Onebox", ClickClass.Preview),
        ("github-camo", ClickClass.Preview), ("Tumblr/", ClickClass.Preview), ("FastmailUA", ClickClass.Preview), ("NING/", ClickClass.Preview),
        ("NodePing", ClickClass.Monitor), ("Uptrends", ClickClass.Monitor), ("RuxitSynthetic", ClickClass.Monitor), ("W3C-mobileOK", ClickClass.Monitor),
        ("W3C_Unicorn", ClickClass.Monitor), ("Panopta", ClickClass.Monitor), ("Monsido", ClickClass.Monitor), ("Netvigie", ClickClass.Monitor),
        ("Cloudflare-SpeedTest", ClickClass.Monitor), ("SSL Labs", ClickClass.Scanner), ("OpenVAS", ClickClass.Scanner), ("WhatWeb", ClickClass.Scanner),
        ("ZmEu", ClickClass.Scanner), ("binlar", ClickClass.Scanner), ("BlackDuck", ClickClass.Scanner), ("VaultPress", ClickClass.Scanner),
        ("DigiCert", ClickClass.Scanner), ("SSLDetector", ClickClass.Scanner), ("bitdiscovery", ClickClass.Scanner), ("ec2linkfinder", ClickClass.Scanner),
        ("/scanning", ClickClass.Scanner), ("asnriskscorer", ClickClass.Scanner), ("EmailWolf", ClickClass.Scanner), ("FastDAST", ClickClass.Scanner),
        ("cohere-ai", ClickClass.Crawler), ("meta-externalads", ClickClass.Crawler), ("coccoc", ClickClass.Crawler), ("daumoa", ClickClass.Crawler),
        ("outbrain", ClickClass.Crawler), ("Xenu Link", ClickClass.Monitor), ("Disqus/", ClickClass.Crawler), ("SiteSucker", ClickClass.Crawler),
        ("WebCopier", ClickClass.Crawler), ("WebCopy", ClickClass.Crawler), ("Archive-It", ClickClass.Crawler), ("Web Archiving", ClickClass.Crawler),
        ("Pinterestbot", ClickClass.Preview), ("Pinterest/0", ClickClass.Preview), ("FlipboardProxy", ClickClass.Preview), ("Friendica", ClickClass.Preview),
        ("OdklBot", ClickClass.Preview), ("VKRobot", ClickClass.Preview), ("Linespider", ClickClass.Preview), ("GroupMeBot", ClickClass.Preview),
        ("meta-externalfetcher", ClickClass.Preview), ("meta-externalhit", ClickClass.Preview), ("KeybaseBot", ClickClass.Preview),
        ("Lemmy/", ClickClass.Preview), ("SummalyBot", ClickClass.Preview), ("EvernoteRichLink", ClickClass.Preview),
        ("Mediumbot", ClickClass.Preview), ("Quora-Bot", ClickClass.Preview), ("DingTalkBot", ClickClass.Preview),
        ("Mattermost", ClickClass.Preview), ("Notion/", ClickClass.Preview), ("Xing Bot", ClickClass.Preview),
        ("EveryoneSocialBot", ClickClass.Preview), ("gotosocial", ClickClass.Preview), ("TweetmemeBot", ClickClass.Preview),
        ("Goodreads", ClickClass.Preview),
        ("ltx71", ClickClass.Scanner), ("CyberPatrol", ClickClass.Scanner), ("DirBuster", ClickClass.Scanner), ("SecBot", ClickClass.Scanner),
        ("CertChief", ClickClass.Scanner), ("testssl", ClickClass.Scanner), ("CERT PL", ClickClass.Scanner), ("Let's Encrypt", ClickClass.Scanner),
        ("Google-Trust", ClickClass.Scanner), ("hstspreload", ClickClass.Scanner), ("WPSec", ClickClass.Scanner), ("Probely", ClickClass.Scanner),
        ("Riddler", ClickClass.Scanner), ("projecthoneypot", ClickClass.Scanner), ("CyberRisk", ClickClass.Scanner),
        ("csirt.", ClickClass.Scanner), ("Akismet", ClickClass.Scanner), ("Blockaid", ClickClass.Scanner), ("onlyscans", ClickClass.Scanner),
        ("YunGuanCe", ClickClass.Monitor), ("NIXStats", ClickClass.Monitor), ("AlwaysOnline", ClickClass.Monitor),
        ("Traffic-Manager", ClickClass.Monitor), ("Vigil/", ClickClass.Monitor), ("Testomato", ClickClass.Monitor),
        ("deepnoc", ClickClass.Monitor), ("AlertSite", ClickClass.Monitor), ("Bugsnag", ClickClass.Monitor), ("Honeybadger", ClickClass.Monitor),
        ("Netumo", ClickClass.Monitor), ("ServerDensity", ClickClass.Monitor), ("Splunk", ClickClass.Monitor),
        ("BinaryCanary", ClickClass.Monitor), ("CheckHost", ClickClass.Monitor), ("Downtime", ClickClass.Monitor), ("IsDown", ClickClass.Monitor),
        ("EasyCron", ClickClass.Monitor), ("Cronless", ClickClass.Monitor), ("HostTracker", ClickClass.Monitor), ("MonSpark", ClickClass.Monitor),
        ("MxToolbox", ClickClass.Monitor), ("NewRelicbot", ClickClass.Monitor), ("OnlineOrNot", ClickClass.Monitor), ("PRTG", ClickClass.Monitor),
        ("pulsetic", ClickClass.Monitor), ("solarwinds", ClickClass.Monitor), ("Uptimia", ClickClass.Monitor), ("WatchMouse", ClickClass.Monitor),
        ("wheresitup", ClickClass.Monitor), ("Wormly", ClickClass.Monitor), ("WatchFor", ClickClass.Monitor), ("sentry/", ClickClass.Monitor),
        ("changedetection", ClickClass.Monitor), ("noibu", ClickClass.Monitor),
        // A brand of phones.
        ("cubot", ClickClass.Human),
        // Words that only programs use, the specific ones before those that only indicate a program
        ("monitor", ClickClass.Monitor), ("linkcheck", ClickClass.Monitor), ("link check", ClickClass.Monitor), ("uptime", ClickClass.Monitor),
        ("pagespeed", ClickClass.Monitor), ("checker", ClickClass.Monitor), ("health", ClickClass.Monitor), ("|ping", ClickClass.Monitor),
        ("scan|", ClickClass.Scanner), ("scanner", ClickClass.Scanner), ("security", ClickClass.Scanner), ("vulnerab", ClickClass.Scanner),
        ("preview", ClickClass.Preview), ("unfurl", ClickClass.Preview), ("link expan", ClickClass.Preview),
        ("crawl", ClickClass.Crawler), ("spider", ClickClass.Crawler), ("slurp", ClickClass.Crawler), ("scrap", ClickClass.Crawler),
        ("bot|", ClickClass.Crawler), ("bots|", ClickClass.Crawler), ("robot", ClickClass.Crawler), ("fetcher", ClickClass.Crawler),
        ("archiver", ClickClass.Crawler), ("indexer", ClickClass.Crawler), ("validator", ClickClass.Crawler), ("favicon", ClickClass.Crawler),
        ("-agent|", ClickClass.Crawler), (" agent)", ClickClass.Crawler), ("-user/", ClickClass.Crawler), ("feed", ClickClass.Crawler),
        ("|rss|", ClickClass.Crawler), ("google-", ClickClass.Crawler), ("-google", ClickClass.Crawler), ("googleagent", ClickClass.Crawler),
        // Browsers send no contact URL. "android@150" is a browser's.
        ("http://", ClickClass.Crawler), ("https://", ClickClass.Crawler), ("www.", ClickClass.Crawler), (".com|", ClickClass.Crawler),
        (".org|", ClickClass.Crawler), (".net|", ClickClass.Crawler), (".io|", ClickClass.Crawler), ("mailto:", ClickClass.Crawler),
        // Among browsers only Internet Explorer, and those that imitate its old form, say compatible.
        ("MSIE ", ClickClass.Human), ("Konqueror/", ClickClass.Human), ("compatible;", ClickClass.Crawler), ("(compatible)", ClickClass.Crawler),
        ("gecko; compatible", ClickClass.Crawler), ("; compatible)", ClickClass.Crawler),
    ];

    /// <summary>The number of rows at the start of <see cref="Tools"/> whose programs also say Mozilla.</summary>
    private const int PretendingTools = 8;

    /// <summary>Offset of rows of <see cref="Tools"/> where they are used in place of a browser.</summary>
    private const int FirstTool = 1 << 12;

    /// <summary>Programs that people use, with their display names.</summary>
    private static readonly (string Text, string Name)[] Tools =
    [
        ("HeadlessChrome", "Headless Chrome"), ("PhantomJS", "PhantomJS"), ("Electron/", "Electron"), ("Playwright", "Playwright"),
        ("Puppeteer", "Puppeteer"), ("Selenium", "Selenium"), ("Cypress", "Cypress"), ("jsdom", "jsdom"),
        ("curl/", "curl"), ("Wget", "Wget"),
        ("HTTPie", "HTTPie"), ("xh/", "xh"), ("PostmanRuntime", "Postman"), ("insomnia", "Insomnia"), ("Bruno", "Bruno"),
        ("python-requests", "Python"), ("Python-urllib", "Python"), ("python-httpx", "Python"), ("aiohttp", "Python"), ("Python/", "Python"),
        ("Go-http-client", "Go"), ("okhttp", "OkHttp"), ("Apache-HttpClient", "Java"), ("Java/", "Java"), ("Java-http-client", "Java"),
        ("axios", "Node.js"), ("node-fetch", "Node.js"), ("undici", "Node.js"), ("got (", "Node.js"), ("node", "Node.js"), ("Deno/", "Deno"), ("Bun/", "Bun"),
        ("libwww-perl", "Perl"), ("Faraday", "Ruby"), ("Ruby", "Ruby"), ("GuzzleHttp", "PHP"), ("PHP/", "PHP"), ("RestSharp", ".NET"), (".NET", ".NET"),
        ("reqwest", "Rust"), ("WinHttp", "WinHTTP"), ("PowerShell", "PowerShell"), ("ApacheBench", "ApacheBench"), ("wrk", "wrk"), ("k6/", "k6"),
        ("Dart/", "Dart"), ("CFNetwork", "CFNetwork"), ("Lynx/", "Lynx"),
    ];

    private static readonly (string Text, string Name)[] Browsers =
    [
        ("FBAN/", "Facebook"), ("FBAV/", "Facebook"), ("Instagram ", "Instagram"), ("musical_ly", "TikTok"), ("BytedanceWebview", "TikTok"),
        ("TikTok", "TikTok"), ("LinkedInApp", "LinkedIn"), ("Snapchat", "Snapchat"), ("Pinterest/", "Pinterest"), ("MicroMessenger", "WeChat"),
        ("Line/", "LINE"), ("GSA/", "Google app"),
        ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("Edg/", "Edge"), ("Edge/", "Edge"), ("OPR/", "Opera"), ("OPiOS/", "Opera"), ("OPT/", "Opera"), ("Coast/", "Opera"), ("Opera", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"), ("YaBrowser/", "Yandex"), ("Vivaldi/", "Vivaldi"), ("UCBrowser", "UC Browser"), ("UC Browser", "UC Browser"),
        ("UCWEB", "UC Browser"), ("UBrowser/", "UC Browser"),
        ("MiuiBrowser/", "Mi Browser"), ("HuaweiBrowser/", "Huawei Browser"), ("Whale/", "Whale"), ("DuckDuckGo/", "DuckDuckGo"), ("Ddg/", "DuckDuckGo"),
        ("Brave/", "Brave"), ("QQBrowser", "QQ Browser"), ("|QQ/", "QQ Browser"), ("Silk/", "Silk"), ("FxiOS/", "Firefox"), ("Focus/", "Firefox"), ("Firefox/", "Firefox"), ("Fennec/", "Firefox"),
        ("CriOS/", "Chrome"), ("CrMo/", "Chrome"), ("MSIE ", "Internet Explorer"), ("Trident/", "Internet Explorer"), ("; wv)", "Android WebView"),
        ("Chromium/", "Chrome"), ("Chrome/", "Chrome"), ("Android", "Android Browser"), ("Safari/", "Safari"), ("iPhone", "Safari"), ("iPad", "Safari"),
        ("AppleWebKit", "Safari"),
    ];

    private static readonly (string Text, string Name)[] OperatingSystems =
    [
        ("Windows Phone", "Windows Phone"), ("iPhone", "iOS"), ("iPad", "iOS"), ("iPod", "iOS"), ("AppleTV", "tvOS"), ("HarmonyOS", "HarmonyOS"),
        ("Tizen", "Tizen"), ("Web0S", "webOS"), ("webOS", "webOS"), ("KAIOS", "KaiOS"), ("Android", "Android"), ("|CrOS|", "ChromeOS"),
        ("Windows", "Windows"), ("Macintosh", "macOS"), ("Mac OS X", "macOS"), ("PlayStation", "PlayStation"), ("Nintendo", "Nintendo"),
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

    // Indexes of the tables in the automaton's result.
    private const int AutomaticTable = 0;
    private const int ToolsTable = 1;
    private const int BrowsersTable = 2;
    private const int SystemsTable = 3;
    private const int DevicesTable = 4;

    private static readonly WordAutomaton Words = new(
        [.. Automatic.Select(row => row.Text)],
        [.. Tools.Select(row => row.Text)],
        [.. Browsers.Select(row => row.Text)],
        [.. OperatingSystems.Select(row => row.Text)],
        [.. Devices.Select(row => row.Text)]);

    /// <summary>One object per distinct result: there are few, and a click allocates none.</summary>
    private static readonly ConcurrentDictionary<(ClickClass Class, ushort Browser, ushort System, ushort Device), UserAgent> Answers = new();

    /// <summary>Parses a header in one pass. Allocates nothing for a combination seen before.</summary>
    public static UserAgent Parse(string? header)
    {
        if (string.IsNullOrWhiteSpace(header))
        {
            return None;
        }

        var found = Words.Find(header);
        var automatic = found[AutomaticTable];
        var tool = found[ToolsTable];
        var browser = found[BrowsersTable];
        if (automatic != WordAutomaton.None && Automatic[automatic].Class is var @class and not ClickClass.Human)
        {
            return Answer(@class, browser, found);
        }

        // Libraries don't claim to be a browser; browsers under remote control do, and also name themselves.
        var pretends = header.StartsWith("Mozilla/", StringComparison.Ordinal) || header.StartsWith("Opera/", StringComparison.Ordinal);
        if (tool != WordAutomaton.None && (!pretends || tool < PretendingTools))
        {
            return Answer(ClickClass.Tool, (ushort)(tool + FirstTool), found);
        }

        // Every browser of the last twenty years starts with Mozilla or Opera, and names itself or its engine.
        return Answer(pretends && browser != WordAutomaton.None ? ClickClass.Human : ClickClass.Tool, browser, found);
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
}
