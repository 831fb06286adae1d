namespace LinkShort.Visitors;

/// <summary>
/// The words by which automatic visitors are recognised, in three tables for <see cref="UserAgents"/>, most specific first. A word matches at
/// the start of a word of the header; one that starts with <c>*</c> anywhere, because programs are named FooBot and BarCrawler. <c>|</c> is the end
/// of a word. <see cref="ClickClass.Human"/> exempts what the rows below it would match.
/// </summary>
internal static class AutomaticVisitors
{
    /// <summary>Programs that no device, app or browser is named like: they decide wherever they stand, in a browser's header too.</summary>
    public static readonly (string Text, ClickClass Class)[] Named =
    [
        ("UptimeRobot", ClickClass.Monitor), ("Pingdom", ClickClass.Monitor), ("StatusCake", ClickClass.Monitor),
        ("Better Uptime", ClickClass.Monitor), ("BetterStack", ClickClass.Monitor), ("Site24x7", ClickClass.Monitor),
        ("NewRelicPinger", ClickClass.Monitor), ("NewRelicSynthetics", ClickClass.Monitor), ("updown.io", ClickClass.Monitor),
        ("Uptime-Kuma", ClickClass.Monitor), ("Checkly", ClickClass.Monitor), ("GoogleStackdriverMonitoring", ClickClass.Monitor),
        ("HetrixTools", ClickClass.Monitor), ("kube-probe", ClickClass.Monitor), ("ELB-HealthChecker", ClickClass.Monitor),
        ("GoogleHC/", ClickClass.Monitor), ("Amazon-Route53-Health", ClickClass.Monitor), ("check_http", ClickClass.Monitor),
        ("Zabbix", ClickClass.Monitor), ("Blackbox Exporter", ClickClass.Monitor), ("Freshping", ClickClass.Monitor),
        ("LinkChecker", ClickClass.Monitor), ("W3C-checklink", ClickClass.Monitor), ("Chrome-Lighthouse", ClickClass.Monitor),
        ("PTST/", ClickClass.Monitor), ("Catchpoint", ClickClass.Monitor), ("YLT", ClickClass.Monitor), ("GTmetrix", ClickClass.Monitor),
        ("Siteimprove", ClickClass.Monitor), ("DareBoost", ClickClass.Monitor), ("Silktide", ClickClass.Monitor),
        ("ThousandEyes", ClickClass.Monitor), ("Ghost Inspector", ClickClass.Monitor), ("AppInsights", ClickClass.Monitor),
        ("Rigor)", ClickClass.Monitor), ("LinkTiger", ClickClass.Monitor), ("NodePing", ClickClass.Monitor), ("Uptrends", ClickClass.Monitor),
        ("RuxitSynthetic", ClickClass.Monitor), ("W3C-mobileOK", ClickClass.Monitor), ("W3C_Unicorn", ClickClass.Monitor),
        ("Panopta", ClickClass.Monitor), ("Monsido", ClickClass.Monitor), ("Netvigie", ClickClass.Monitor),
        ("Cloudflare-SpeedTest", ClickClass.Monitor), ("Xenu Link", ClickClass.Monitor), ("YunGuanCe", ClickClass.Monitor),
        ("NIXStats", ClickClass.Monitor), ("AlwaysOnline", ClickClass.Monitor), ("Traffic-Manager", ClickClass.Monitor),
        ("Vigil/", ClickClass.Monitor), ("Testomato", ClickClass.Monitor), ("deepnoc", ClickClass.Monitor), ("AlertSite", ClickClass.Monitor),
        ("Bugsnag", ClickClass.Monitor), ("Honeybadger", ClickClass.Monitor), ("Netumo", ClickClass.Monitor), ("ServerDensity", ClickClass.Monitor),
        ("BinaryCanary", ClickClass.Monitor), ("CheckHost", ClickClass.Monitor), ("IsDown", ClickClass.Monitor), ("EasyCron", ClickClass.Monitor),
        ("Cronless", ClickClass.Monitor), ("HostTracker", ClickClass.Monitor), ("MonSpark", ClickClass.Monitor), ("MxToolbox", ClickClass.Monitor),
        ("NewRelicbot", ClickClass.Monitor), ("OnlineOrNot", ClickClass.Monitor), ("PRTG", ClickClass.Monitor), ("pulsetic", ClickClass.Monitor),
        ("Uptimia", ClickClass.Monitor), ("WatchMouse", ClickClass.Monitor), ("wheresitup", ClickClass.Monitor), ("Wormly", ClickClass.Monitor),
        ("WatchFor", ClickClass.Monitor), ("changedetection", ClickClass.Monitor), ("noibu", ClickClass.Monitor),
        ("DatadogSynthetics", ClickClass.Monitor), ("Datadog/Synthetics", ClickClass.Monitor), ("Elastic/Synthetics", ClickClass.Monitor),
        ("DynatraceSynthetic", ClickClass.Monitor), ("SyntheticsAgent", ClickClass.Monitor), ("GomezAgent", ClickClass.Monitor),
        ("Prometheus/", ClickClass.Monitor), ("Grafana", ClickClass.Monitor), ("munin", ClickClass.Monitor), ("collectd", ClickClass.Monitor),
        ("Monit/", ClickClass.Monitor), ("Xymon", ClickClass.Monitor), ("Hobbit", ClickClass.Monitor), ("Nagios", ClickClass.Monitor),
        ("Icinga", ClickClass.Monitor), ("WebMon", ClickClass.Monitor), ("CloudflareObservatory", ClickClass.Monitor),
        ("Cloudflare-Diagnostics", ClickClass.Monitor), ("CloudflareDiagnostics", ClickClass.Monitor),
        ("Cloudflare-Healthchecks", ClickClass.Monitor), ("Cloudflare-Traffic", ClickClass.Monitor), ("Google Page Speed", ClickClass.Monitor),
        ("iplabel", ClickClass.Monitor), ("Functionize", ClickClass.Monitor), ("Telegraf", ClickClass.Monitor), ("Healthchecks", ClickClass.Monitor),
        ("StatusPage", ClickClass.Monitor), ("Sensu|", ClickClass.Monitor), ("WebPageTest", ClickClass.Monitor), ("SpeedCurve", ClickClass.Monitor),
        ("KeyCDN", ClickClass.Monitor), ("Pulsetic", ClickClass.Monitor), ("Hyperspin", ClickClass.Monitor), ("Apica", ClickClass.Monitor),
        ("Calibreapp", ClickClass.Monitor), ("Statuscake", ClickClass.Monitor), ("MonitorUs", ClickClass.Monitor),
        ("Dotcom-Monitor", ClickClass.Monitor), ("PagePeeker", ClickClass.Monitor),
        ("Barracuda", ClickClass.Scanner), ("Proofpoint", ClickClass.Scanner), ("Mimecast", ClickClass.Scanner), ("URLDefense", ClickClass.Scanner),
        ("BitSightBot", ClickClass.Scanner), ("urlscan", ClickClass.Scanner), ("VirusTotal", ClickClass.Scanner),
        ("Google-Safety", ClickClass.Scanner), ("SafeDNSBot", ClickClass.Scanner), ("CensysInspect", ClickClass.Scanner),
        ("InternetMeasurement", ClickClass.Scanner), ("zgrab", ClickClass.Scanner), ("masscan", ClickClass.Scanner), ("Nuclei", ClickClass.Scanner),
        ("Nmap", ClickClass.Scanner), ("sqlmap", ClickClass.Scanner), ("Nikto", ClickClass.Scanner), ("WPScan", ClickClass.Scanner),
        ("Netcraft", ClickClass.Scanner), ("Cloudmark", ClickClass.Scanner), ("PaloAlto", ClickClass.Scanner), ("l9explore", ClickClass.Scanner),
        ("Detectify", ClickClass.Scanner), ("Qualys", ClickClass.Scanner), ("Nessus", ClickClass.Scanner), ("Acunetix", ClickClass.Scanner),
        ("Hardenize", ClickClass.Scanner), ("Foregenix", ClickClass.Scanner), ("watchTowr", ClickClass.Scanner), ("SSL Labs", ClickClass.Scanner),
        ("OpenVAS", ClickClass.Scanner), ("WhatWeb", ClickClass.Scanner), ("ZmEu", ClickClass.Scanner), ("binlar", ClickClass.Scanner),
        ("BlackDuck", ClickClass.Scanner), ("VaultPress", ClickClass.Scanner), ("DigiCert", ClickClass.Scanner), ("SSLDetector", ClickClass.Scanner),
        ("bitdiscovery", ClickClass.Scanner), ("ec2linkfinder", ClickClass.Scanner), ("asnriskscorer", ClickClass.Scanner),
        ("EmailWolf", ClickClass.Scanner), ("FastDAST", ClickClass.Scanner), ("ltx71", ClickClass.Scanner), ("CyberPatrol", ClickClass.Scanner),
        ("DirBuster", ClickClass.Scanner), ("SecBot", ClickClass.Scanner), ("CertChief", ClickClass.Scanner), ("testssl", ClickClass.Scanner),
        ("CERT PL", ClickClass.Scanner), ("Let's Encrypt", ClickClass.Scanner), ("Google-Trust", ClickClass.Scanner),
        ("hstspreload", ClickClass.Scanner), ("WPSec", ClickClass.Scanner), ("Probely", ClickClass.Scanner), ("Riddler", ClickClass.Scanner),
        ("projecthoneypot", ClickClass.Scanner), ("CyberRisk", ClickClass.Scanner), ("Akismet", ClickClass.Scanner), ("Blockaid", ClickClass.Scanner),
        ("Assetnote", ClickClass.Scanner), ("l9tcpid", ClickClass.Scanner), ("gobuster", ClickClass.Scanner), ("Arachni", ClickClass.Scanner),
        ("Fuzz Faster", ClickClass.Scanner), ("Netsparker", ClickClass.Scanner), ("Invicti", ClickClass.Scanner), ("Jorgee", ClickClass.Scanner),
        ("Shodan", ClickClass.Scanner), ("xtate", ClickClass.Scanner), ("libredtail", ClickClass.Scanner), ("COMODO DCV", ClickClass.Scanner),
        ("Sectigo DCV", ClickClass.Scanner), ("SiteLock", ClickClass.Scanner), ("recon-engine", ClickClass.Scanner),
        ("CybaaAgent", ClickClass.Scanner), ("UCSBNetworkMeasurement", ClickClass.Scanner),
        ("Microsoft Office Existence", ClickClass.Prefetch), ("Microsoft Office Protocol", ClickClass.Prefetch),
        ("compatible; ms-office", ClickClass.Prefetch), ("Chrome Privacy Preserving Prefetch", ClickClass.Prefetch),
        ("facebookexternalhit", ClickClass.Preview), ("facebookcatalog", ClickClass.Preview), ("Facebot", ClickClass.Preview),
        ("Twitterbot", ClickClass.Preview), ("Slackbot", ClickClass.Preview), ("Slack-ImgProxy", ClickClass.Preview),
        ("Discordbot", ClickClass.Preview), ("TelegramBot", ClickClass.Preview), ("LinkedInBot", ClickClass.Preview),
        ("SkypeUriPreview", ClickClass.Preview), ("MicrosoftPreview", ClickClass.Preview), ("Iframely", ClickClass.Preview),
        ("Embedly", ClickClass.Preview), ("redditbot", ClickClass.Preview), ("vkShare", ClickClass.Preview), ("Snap URL Preview", ClickClass.Preview),
        ("Google-PageRenderer", ClickClass.Preview), ("BitlyBot", ClickClass.Preview), ("kakaotalk-scrap", ClickClass.Preview),
        ("LinePreview", ClickClass.Preview), ("Line-Poker", ClickClass.Preview), ("opengraph", ClickClass.Preview),
        ("Miniature.io", ClickClass.Preview), ("Onebox", ClickClass.Preview), ("github-camo", ClickClass.Preview), ("FastmailUA", ClickClass.Preview),
        ("Pinterestbot", ClickClass.Preview), ("FlipboardProxy", ClickClass.Preview), ("OdklBot", ClickClass.Preview),
        ("VKRobot", ClickClass.Preview), ("Linespider", ClickClass.Preview), ("GroupMeBot", ClickClass.Preview),
        ("meta-externalfetcher", ClickClass.Preview), ("meta-externalhit", ClickClass.Preview), ("KeybaseBot", ClickClass.Preview),
        ("SummalyBot", ClickClass.Preview), ("EvernoteRichLink", ClickClass.Preview), ("Mediumbot", ClickClass.Preview),
        ("Quora-Bot", ClickClass.Preview), ("DingTalkBot", ClickClass.Preview), ("Xing Bot", ClickClass.Preview),
        ("EveryoneSocialBot", ClickClass.Preview), ("gotosocial", ClickClass.Preview), ("TweetmemeBot", ClickClass.Preview),
        ("facebookexternalua", ClickClass.Preview), ("Asana/", ClickClass.Preview), ("MetaInspector", ClickClass.Preview),
        ("Chatwork", ClickClass.Preview), ("Slack-Img", ClickClass.Preview), ("GoogleMessages", ClickClass.Preview),
        ("Googlebot", ClickClass.Crawler), ("Google-InspectionTool", ClickClass.Crawler), ("GoogleOther", ClickClass.Crawler),
        ("AdsBot", ClickClass.Crawler), ("Mediapartners-Google", ClickClass.Crawler), ("FeedFetcher", ClickClass.Crawler),
        ("bingbot", ClickClass.Crawler), ("BingPreview", ClickClass.Crawler), ("Yahoo! Slurp", ClickClass.Crawler),
        ("DuckDuckBot", ClickClass.Crawler), ("Baiduspider", ClickClass.Crawler), ("YandexBot", ClickClass.Crawler), ("Applebot", ClickClass.Crawler),
        ("GPTBot", ClickClass.Crawler), ("ChatGPT-User", ClickClass.Crawler), ("ClaudeBot", ClickClass.Crawler), ("anthropic-ai", ClickClass.Crawler),
        ("PerplexityBot", ClickClass.Crawler), ("CCBot", ClickClass.Crawler), ("meta-externalagent", ClickClass.Crawler),
        ("ia_archiver", ClickClass.Crawler), ("archive.org", ClickClass.Crawler), ("Bytespider", ClickClass.Crawler), ("Scrapy", ClickClass.Crawler),
        ("heritrix", ClickClass.Crawler), ("Nutch", ClickClass.Crawler), ("HTTrack", ClickClass.Crawler), ("Screaming Frog", ClickClass.Crawler),
        ("GoogleImageProxy", ClickClass.Crawler), ("Datanyze", ClickClass.Crawler), ("Collapsify", ClickClass.Crawler),
        ("Hotjar", ClickClass.Crawler), ("ips-agent", ClickClass.Crawler), ("cohere-ai", ClickClass.Crawler),
        ("meta-externalads", ClickClass.Crawler), ("daumoa", ClickClass.Crawler), ("outbrain", ClickClass.Crawler),
        ("SiteSucker", ClickClass.Crawler), ("WebCopier", ClickClass.Crawler), ("WebCopy", ClickClass.Crawler), ("Archive-It", ClickClass.Crawler),
        ("Web Archiving", ClickClass.Crawler), ("HeadlessChrome", ClickClass.Crawler), ("Headless", ClickClass.Crawler),
        ("PhantomJS", ClickClass.Crawler), ("Playwright", ClickClass.Crawler), ("Puppeteer", ClickClass.Crawler), ("Selenium", ClickClass.Crawler),
        ("WebDriver", ClickClass.Crawler), ("Cypress", ClickClass.Crawler), ("Google Search Console", ClickClass.Crawler),
        ("DMBrowser", ClickClass.Crawler), ("MarketGoo", ClickClass.Crawler), ("TagInspector", ClickClass.Crawler),
        ("XaxisSemantics", ClickClass.Crawler), ("OneTrust", ClickClass.Crawler), ("Devin/", ClickClass.Crawler), ("CookieHub", ClickClass.Crawler),
        ("PWABuilder", ClickClass.Crawler), ("Sparkler", ClickClass.Crawler), ("Convertify", ClickClass.Crawler), ("WhatCMS", ClickClass.Crawler),
        ("FontRadar", ClickClass.Crawler), ("splash Version", ClickClass.Crawler), ("QuiteRSS", ClickClass.Crawler), ("Mixnode", ClickClass.Crawler),
        ("HLB/", ClickClass.Crawler), ("wechatdevtools", ClickClass.Crawler), ("Prerender", ClickClass.Crawler), ("BrowserShot", ClickClass.Crawler),
        ("Web-Sniffer", ClickClass.Crawler), ("Browsershots", ClickClass.Crawler), ("YisouSpider", ClickClass.Crawler),
        ("Sogou web", ClickClass.Crawler), ("SemanticScholar", ClickClass.Crawler), ("CookieMetrix", ClickClass.Crawler),
        ("Seobility", ClickClass.Crawler), ("newsai/", ClickClass.Crawler), ("GoogleAdSense", ClickClass.Crawler), ("*-google/", ClickClass.Crawler),
        ("Storebot", ClickClass.Crawler), ("trendictionbot", ClickClass.Crawler), ("edansbot", ClickClass.Crawler),
        ("ArchiveBox", ClickClass.Crawler), ("baidu Transcoder", ClickClass.Crawler), ("Google Wireless Transcoder", ClickClass.Crawler),
        ("Google Web Preview", ClickClass.Crawler), ("nyt_scraping", ClickClass.Crawler), ("Criticalcss", ClickClass.Crawler),
        // A brand of phones.
        ("cubot/", ClickClass.Human),
        ("*bot/", ClickClass.Crawler), ("*bots/", ClickClass.Crawler), ("*spider/", ClickClass.Crawler), ("*crawler", ClickClass.Crawler),
        ("*+http", ClickClass.Crawler), ("*+ http", ClickClass.Crawler), ("*(http:", ClickClass.Crawler), ("*(https:", ClickClass.Crawler),
    ];

    /// <summary>The number of rows at the start of <see cref="Named"/> that are names; the others are words.</summary>
    public static readonly int Names = Array.FindIndex(Named, row => row.Class == ClickClass.Human);

    /// <summary>
    /// Words that devices also have (a phone is called "M bot 51"): where a browser names its device they decide only behind the platform.
    /// </summary>
    public static readonly (string Text, ClickClass Class)[] BehindDevice =
    [
        ("cubot", ClickClass.Human),
        ("*crawl", ClickClass.Crawler), ("*spider", ClickClass.Crawler), ("*slurp", ClickClass.Crawler), ("*scraper", ClickClass.Crawler),
        ("*bot|", ClickClass.Crawler), ("*bots|", ClickClass.Crawler), ("robot", ClickClass.Crawler), ("*fetcher", ClickClass.Crawler),
        ("*archiver", ClickClass.Crawler), ("*indexer", ClickClass.Crawler), ("*validator", ClickClass.Crawler), ("*checker|", ClickClass.Monitor),
        ("*monitor|", ClickClass.Monitor), ("*monitoring", ClickClass.Monitor), ("synthetic", ClickClass.Monitor), ("pagespeed", ClickClass.Monitor),
        ("vulnerab", ClickClass.Scanner), ("*-agent|", ClickClass.Crawler), ("*-user/", ClickClass.Crawler), ("google-", ClickClass.Crawler),
        ("*-google", ClickClass.Crawler), ("googleagent", ClickClass.Crawler),
        // Among browsers only Internet Explorer, those that imitate its old form and a few old ones say compatible; its plug-ins add URLs.
        ("MSIE ", ClickClass.Human), ("MSPIE ", ClickClass.Human), ("Konqueror/", ClickClass.Human), ("NetFront", ClickClass.Human),
        ("iCab", ClickClass.Human), ("IBrowse", ClickClass.Human), ("ABrowse", ClickClass.Human), ("Amiga", ClickClass.Human),
        ("WebPositive", ClickClass.Human), ("NetPositive", ClickClass.Human), ("Origyn", ClickClass.Human), ("ANTGalio", ClickClass.Human),
        ("ANTFresco", ClickClass.Human), ("Polaris", ClickClass.Human), ("Viera", ClickClass.Human), ("BrightSign", ClickClass.Human),
        ("OmniWeb", ClickClass.Human), ("Opera", ClickClass.Human), ("MMEF", ClickClass.Human), ("Acorn", ClickClass.Human), ("Oregano", ClickClass.Human),
        ("compatible; windows", ClickClass.Human), ("compatible; linux", ClickClass.Human), ("compatible; u;", ClickClass.Human),
        ("compatible;", ClickClass.Crawler), ("(compatible)", ClickClass.Crawler),
        ("gecko; compatible", ClickClass.Crawler), ("; compatible)", ClickClass.Crawler),
        // Browsers send no contact URL. "android@150" is a browser's.
        ("http://", ClickClass.Crawler), ("https://", ClickClass.Crawler), ("mailto:", ClickClass.Crawler),
    ];

    /// <summary>
    /// Words that apps also have. Such an app's link fetcher sends no browser's header; its in-app browser, with a person in front, sends one.
    /// The names of apps, the first <see cref="Apps"/> rows, decide only without a browser's header; the others also in those of computers, whose
    /// browsers add no names of apps.
    /// </summary>
    public static readonly (string Text, ClickClass Class)[] WithoutApp =
    [
        ("Datadog", ClickClass.Monitor), ("Splunk", ClickClass.Monitor), ("Downtime", ClickClass.Monitor), ("solarwinds", ClickClass.Monitor),
        ("sentry/", ClickClass.Monitor),
        ("Expanse", ClickClass.Scanner), ("Sophos", ClickClass.Scanner),
        ("WhatsApp/", ClickClass.Preview), ("Mastodon/", ClickClass.Preview), ("Pleroma", ClickClass.Preview), ("Akkoma", ClickClass.Preview),
        ("Misskey", ClickClass.Preview), ("Viber", ClickClass.Preview), ("Cardyb", ClickClass.Preview), ("Synapse", ClickClass.Preview),
        ("Hatena", ClickClass.Preview), ("Bluesky", ClickClass.Preview), ("Valve/Steam", ClickClass.Preview), ("Tumblr/", ClickClass.Preview),
        ("NING/", ClickClass.Preview), ("Pinterest/0", ClickClass.Preview), ("Friendica", ClickClass.Preview), ("Lemmy/", ClickClass.Preview),
        ("Mattermost", ClickClass.Preview), ("Notion/", ClickClass.Preview), ("Goodreads", ClickClass.Preview), ("WhatsApp|", ClickClass.Preview),
        ("Disqus/", ClickClass.Crawler),
        ("monitor", ClickClass.Monitor), ("*linkcheck", ClickClass.Monitor), ("link check", ClickClass.Monitor), ("uptime", ClickClass.Monitor),
        ("*checker", ClickClass.Monitor), ("*health", ClickClass.Monitor), ("ping|", ClickClass.Monitor), ("pinger", ClickClass.Monitor),
        ("*scan|", ClickClass.Scanner), ("*scanner", ClickClass.Scanner), ("*scanning", ClickClass.Scanner), ("*security", ClickClass.Scanner),
        ("*preview", ClickClass.Preview), ("unfurl", ClickClass.Preview), ("link expan", ClickClass.Preview),
        ("*scrap", ClickClass.Crawler), ("*robot", ClickClass.Crawler), ("*favicon", ClickClass.Crawler), ("* agent)", ClickClass.Crawler),
        ("*feed", ClickClass.Crawler), ("*rss|", ClickClass.Crawler), ("www.", ClickClass.Crawler), ("*.com|", ClickClass.Crawler),
        ("*.org|", ClickClass.Crawler),
        // Internet Explorer and Firefox list the versions of .NET.
        ("*.net clr", ClickClass.Human), ("*.net4", ClickClass.Human), ("*.net|", ClickClass.Crawler), ("*.io|", ClickClass.Crawler),
    ];

    /// <summary>The number of rows at the start of <see cref="WithoutApp"/> that name apps.</summary>
    public static readonly int Apps = Array.FindIndex(WithoutApp, row => row.Text == "monitor");

    /// <summary>The word as the automaton reads it.</summary>
    public static string Pattern(string text) => text[0] == '*' ? text[1..] : "|" + text;

    /// <summary>The word as owners read it.</summary>
    public static string Reason(string text) => $"\"{text.Trim('*', '|', ' ', '/', '(', ')', ';', '+', '-', '.', ':')}\" in User-Agent";
}
