namespace LinkShort.Visitors;

/// <summary>What a User-Agent header says of its sender.</summary>
public sealed record UserAgent(ClickClass Class, string Browser, string Os, string Device);

/// <summary>
/// Reads User-Agent headers by ordered tables: the first row whose text occurs, in any case, wins. Order matters, because
/// everybody claims to be somebody else: Edge says Chrome, Chrome says Safari, an iPhone says "like Mac OS X".
/// </summary>
public static class UserAgents
{
    /// <summary>Who sends no User-Agent is a program: every browser sends one.</summary>
    private static readonly UserAgent None = new(ClickClass.Tool, VisitorFacts.Unknown, VisitorFacts.Unknown, VisitorFacts.Unknown);

    /// <summary>Automatic visitors, most telling first. The generic words at the end catch whom the tables don't name.</summary>
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
        // Previews. iMessage names itself facebookexternalhit and Twitterbot.
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
    ];

    /// <summary>Programs in people's hands, with the name to show.</summary>
    private static readonly (string Text, string Name)[] Tools =
    [
        ("HeadlessChrome", "Headless Chrome"), ("PhantomJS", "PhantomJS"), ("Electron/", "Electron"), ("curl/", "curl"), ("Wget", "Wget"),
        ("HTTPie", "HTTPie"), ("xh/", "xh"), ("PostmanRuntime", "Postman"), ("insomnia", "Insomnia"), ("Bruno", "Bruno"),
        ("python-requests", "Python"), ("Python-urllib", "Python"), ("python-httpx", "Python"), ("aiohttp", "Python"), ("Python/", "Python"),
        ("Go-http-client", "Go"), ("okhttp", "OkHttp"), ("Apache-HttpClient", "Java"), ("Java/", "Java"), ("Java-http-client", "Java"),
        ("axios", "Node.js"), ("node-fetch", "Node.js"), ("undici", "Node.js"), ("got (", "Node.js"), ("node", "Node.js"), ("Deno/", "Deno"), ("Bun/", "Bun"),
        ("libwww-perl", "Perl"), ("Faraday", "Ruby"), ("Ruby", "Ruby"), ("GuzzleHttp", "PHP"), ("PHP/", "PHP"), ("RestSharp", ".NET"), (".NET", ".NET"),
        ("reqwest", "Rust"), ("WinHttp", "WinHTTP"), ("PowerShell", "PowerShell"), ("ApacheBench", "ApacheBench"), ("wrk", "wrk"), ("k6/", "k6"),
        ("Dart/", "Dart"), ("CFNetwork", "CFNetwork"), ("Lynx/", "Lynx"),
    ];

    /// <summary>Words that only programs use of themselves.</summary>
    private static readonly string[] CrawlerWords =
        ["crawl", "spider", "slurp", "scrap", "bot/", "bot;", "bot)", "bot-", "bot ", "robot", "fetcher", "archiver", "indexer", "validator", "+http"];

    private static readonly (string Text, string Name)[] Browsers =
    [
        ("FBAN/", "Facebook"), ("FBAV/", "Facebook"), ("Instagram ", "Instagram"), ("musical_ly", "TikTok"), ("BytedanceWebview", "TikTok"),
        ("TikTok", "TikTok"), ("LinkedInApp", "LinkedIn"), ("Snapchat", "Snapchat"), ("Pinterest/", "Pinterest"), ("MicroMessenger", "WeChat"),
        ("Line/", "LINE"), ("GSA/", "Google app"),
        ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("Edg/", "Edge"), ("Edge/", "Edge"), ("OPR/", "Opera"), ("OPiOS/", "Opera"), ("OPT/", "Opera"), ("Opera", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"), ("YaBrowser/", "Yandex"), ("Vivaldi/", "Vivaldi"), ("UCBrowser/", "UC Browser"),
        ("MiuiBrowser/", "Mi Browser"), ("HuaweiBrowser/", "Huawei Browser"), ("Whale/", "Whale"), ("DuckDuckGo/", "DuckDuckGo"), ("Ddg/", "DuckDuckGo"),
        ("Brave/", "Brave"), ("QQBrowser/", "QQ Browser"), ("Silk/", "Silk"), ("FxiOS/", "Firefox"), ("Focus/", "Firefox"), ("Firefox/", "Firefox"),
        ("CriOS/", "Chrome"), ("MSIE ", "Internet Explorer"), ("Trident/", "Internet Explorer"), ("; wv)", "Android WebView"),
        ("Chromium/", "Chrome"), ("Chrome/", "Chrome"), ("Android", "Android Browser"), ("Safari/", "Safari"), ("iPhone", "Safari"), ("iPad", "Safari"),
        ("AppleWebKit", "Safari"),
    ];

    private static readonly (string Text, string Name)[] OperatingSystems =
    [
        ("Windows Phone", "Windows Phone"), ("iPhone", "iOS"), ("iPad", "iOS"), ("iPod", "iOS"), ("AppleTV", "tvOS"), ("HarmonyOS", "HarmonyOS"),
        ("Tizen", "Tizen"), ("Web0S", "webOS"), ("webOS", "webOS"), ("KAIOS", "KaiOS"), ("Android", "Android"), ("CrOS", "ChromeOS"),
        ("Windows", "Windows"), ("Macintosh", "macOS"), ("Mac OS X", "macOS"), ("PlayStation", "PlayStation"), ("Nintendo", "Nintendo"),
        ("FreeBSD", "FreeBSD"), ("OpenBSD", "OpenBSD"), ("Linux", "Linux"), ("X11", "Linux"),
    ];

    private static readonly (string Text, string Name)[] Devices =
    [
        ("SmartTV", "TV"), ("SMART-TV", "TV"), ("HbbTV", "TV"), ("AppleTV", "TV"), ("Roku", "TV"), ("CrKey", "TV"), ("BRAVIA", "TV"), ("AFTT", "TV"),
        ("Web0S", "TV"), ("Android TV", "TV"), ("GoogleTV", "TV"),
        ("PlayStation", "Console"), ("Xbox", "Console"), ("Nintendo", "Console"),
        ("iPad", "Tablet"), ("Tablet", "Tablet"), ("Kindle", "Tablet"), ("Silk/", "Tablet"), ("PlayBook", "Tablet"),
        ("iPhone", "Mobile"), ("iPod", "Mobile"), ("Mobi", "Mobile"), ("Windows Phone", "Mobile"), ("Opera Mini", "Mobile"),
        // An Android that doesn't say Mobile is a tablet (Chrome's own rule).
        ("Android", "Tablet"),
        ("Windows", "Desktop"), ("Macintosh", "Desktop"), ("CrOS", "Desktop"), ("X11", "Desktop"), ("Linux", "Desktop"),
    ];

    public static UserAgent Parse(string? header)
    {
        if (string.IsNullOrWhiteSpace(header))
        {
            return None;
        }

        var os = First(OperatingSystems, header) ?? VisitorFacts.Unknown;
        var device = First(Devices, header) ?? VisitorFacts.Unknown;
        foreach (var (text, @class) in Automatic)
        {
            if (Has(header, text))
            {
                return new UserAgent(@class, First(Browsers, header) ?? VisitorFacts.Unknown, os, device);
            }
        }

        // "Cubot" makes phones.
        if (CrawlerWords.Any(word => Has(header, word)) && !Has(header, "cubot"))
        {
            return new UserAgent(ClickClass.Crawler, First(Browsers, header) ?? VisitorFacts.Unknown, os, device);
        }

        // Libraries don't pretend to be Mozilla; headless browsers and Electron do, by name.
        var pretends = header.StartsWith("Mozilla/", StringComparison.Ordinal) || header.StartsWith("Opera/", StringComparison.Ordinal);
        foreach (var (text, name) in pretends ? Tools.AsSpan(0, 3) : Tools)
        {
            if (Has(header, text))
            {
                return new UserAgent(ClickClass.Tool, name, os, device);
            }
        }

        var browser = First(Browsers, header);
        // Neither a browser nor a system is named: a program of its own making.
        return browser is null && os == VisitorFacts.Unknown
            ? None
            : new UserAgent(ClickClass.Human, browser ?? VisitorFacts.Unknown, os, device);
    }

    private static string? First((string Text, string Name)[] table, string header)
    {
        foreach (var (text, name) in table)
        {
            if (Has(header, text))
            {
                return name;
            }
        }

        return null;
    }

    private static bool Has(string header, string text) => header.Contains(text, StringComparison.OrdinalIgnoreCase);
}
