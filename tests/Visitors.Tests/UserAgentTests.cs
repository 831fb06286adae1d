namespace LinkShort.Visitors.Tests;

/// <summary>Which headers are people's, one or two of each category. <see cref="ListMeasurements"/> measures third-party lists.</summary>
public sealed class UserAgentTests
{
    private const string WindowsChrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36";
    private const string AndroidView = "Mozilla/5.0 (Linux; Android 15; SM-S928B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/137.0.7151.61 Mobile Safari/537.36";
    private const string IPhoneView = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";

    public static TheoryData<string, string> People => new()
    {
        // Plug-ins of Internet Explorer, and its mode in Edge.
        { "IE with .NET", "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; WOW64; Trident/4.0; .NET CLR 2.0.50727; .NET CLR 3.5.30729; .NET4.0C)" },
        { "IE mode", "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; .NET CLR 2.0.50727; rv:11.0) like Gecko" },
        { "IE with a plug-in's URL", "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0; Embedded Web Browser from: http://plugin.example/; .NET CLR 3.0.04506)" },
        { "Firefox with .NET", "Mozilla/5.0 (Windows; U; Windows NT 6.1; de; rv:1.9.2.28) Gecko/20120306 Firefox/3.6.28 (.NET CLR 3.5.30729)" },
        // Apps whose link fetchers have the same name.
        { "Viber", AndroidView + " Viber/24.3.0.1" },
        { "Viber on a computer", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) QtWebEngine/5.15.2 Chrome/87.0.4280.144 Safari/537.36 Viber" },
        { "Tumblr", IPhoneView + " Tumblr/iPhone/34.1" },
        { "Pinterest", IPhoneView + " [Pinterest/iOS]" },
        { "WhatsApp", AndroidView + " WhatsApp/2.25.15" },
        { "LinkedIn Learning", AndroidView + " [LinkedInApp]/LinkedIn Learning/0.355.4 (Feed)" },
        { "Bluesky", IPhoneView + " Bluesky/1.102" },
        { "Goodreads", AndroidView + " Goodreads/4.7.1" },
        { "Mattermost", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Mattermost/5.12.0 Chrome/136.0.0.0 Electron/36.3.1 Safari/537.36" },
        // Apps whose names contain a word of programs.
        { "CamScanner", AndroidView + " CamScanner/6.81.0" },
        { "a health app", IPhoneView + " HealthPartner/3.1" },
        { "a news feed app", AndroidView + " NewsFeed/8.2.1" },
        { "a shop with a domain", AndroidView + " shop.example.com/5.1" },
        { "a payment plug-in", "Mozilla/5.0 (Linux; U; Android 4.4.2; zh-cn; Y22 Build/KOT49H) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30 (securitypay,securityinstalled)" },
        { "Thunderbird's calendar", "Mozilla/5.0 (X11; Linux x86_64; rv:68.0) Gecko/20100101 Thunderbird/68.10.0 Lightning/68.10.0" },
        { "an installed app of Electron", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Notes/2.3.1 Chrome/136.0.0.0 Electron/36.2.0 Safari/537.36" },
        // Devices whose names contain a word of programs.
        { "M bot 51", "Mozilla/5.0 (Linux; Android 7.0; M bot 51) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36" },
        { "M bot 51 with its build", "Mozilla/5.0 (Linux; Android 7.0; M bot 51 Build/NRD90M; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/99.0.0.0 Mobile Safari/537.36" },
        { "Cubot", "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36" },
        { "a phone called Spider", "Mozilla/5.0 (Linux; Android 13; Spider X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36" },
        { "a phone called Expanse", "Mozilla/5.0 (Linux; Android 9; Expanse) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.0.0 Mobile Safari/537.36" },
        { "Sony LT26", "Mozilla/5.0 (Linux; U; Android 4.1.2; de-de; SonyLT26i Build/6.2.B.1.96) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30" },
        { "Pinguino", "Mozilla/5.0 (Linux; Android 6.0; Pinguino Z55) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.0.0 Mobile Safari/537.36" },
        // Browsers that don't start with Mozilla, or name another engine.
        { "Opera Mini", "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80/191.303; U; en) Presto/2.12.423 Version/12.16" },
        { "a phone of 2007", "Nokia6300/2.0 (07.21) Profile/MIDP-2.0 Configuration/CLDC-1.1" },
        { "a TV", "HbbTV/1.5.1 (+DRM; LGE; 55UQ; WEBOS22; 04.30.60; W22_K7LP;) Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.88 Safari/537.36" },
        { "a browser's own name first", "TV Bro/2.0 Mozilla/5.0 (Linux; Android 11; MIBOX4; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Safari/537.36" },
        { "a fork of Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 MullvadBrowser/128.9" },
        { "in lower case", WindowsChrome.ToLowerInvariant() },
    };

    public static TheoryData<string, string, ClickClass> Automatic => new()
    {
        // Silent programs.
        { "Office before it opens a link", "Microsoft Office Existence Discovery", ClickClass.Prefetch },
        { "Office's other check", "Microsoft Office Protocol Discovery", ClickClass.Prefetch },
        { "Office in disguise", "Mozilla/4.0 (compatible; ms-office; MSOffice rmj)", ClickClass.Prefetch },
        { "a browser without a screen", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/137.0.0.0 Safari/537.36", ClickClass.Crawler },
        { "a browser under remote control", WindowsChrome + " Playwright/1.52.0", ClickClass.Crawler },
        { "PhantomJS", "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1", ClickClass.Crawler },
        { "Prometheus", "Prometheus/3.4.0", ClickClass.Monitor },
        { "Grafana", "Grafana/12.0.1", ClickClass.Monitor },
        { "a synthetic monitor", WindowsChrome + " DatadogSynthetics", ClickClass.Monitor },
        { "a synthetic monitor without a screen", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36 Elastic/Synthetics", ClickClass.Monitor },
        { "a monitor in the platform", "Mozilla/5.0 (X11; Linux x86_64; Splunk Synthetics) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36", ClickClass.Monitor },
        { "a program with a name of its own", "inventory-sync/4.2", ClickClass.Crawler },
        { "a program that says Mozilla only", "Mozilla/5.0 ExampleLookup/2.0", ClickClass.Crawler },
        // Programs that send a browser's header.
        { "a crawler behind the browser", WindowsChrome + " ExampleBot/2.1", ClickClass.Crawler },
        { "a crawler in the platform of a computer", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7; examplebot) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36", ClickClass.Crawler },
        { "a crawler that says phone", "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36 (compatible; ExampleSpider; +https://example.org)", ClickClass.Crawler },
        { "a crawler on a phone called bot", "Mozilla/5.0 (Linux; Android 7.0; M bot 51) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 ExampleBot/1.0", ClickClass.Crawler },
        { "a crawler with a contact", WindowsChrome + " (+https://example.org/about)", ClickClass.Crawler },
        { "a checker of security", WindowsChrome + " ExampleSecurityCheck", ClickClass.Scanner },
        { "a favicon fetcher", WindowsChrome + " Example Favicon", ClickClass.Crawler },
        { "a program in front of the browser", "www.checker.example Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36", ClickClass.Monitor },
        // The link fetchers of the apps above.
        { "Viber's fetcher", "Viber", ClickClass.Preview },
        { "Viber's fetcher with a version", "Viber/24.3.0.1 CFNetwork/1568.300.101 Darwin/24.2.0", ClickClass.Preview },
        { "WhatsApp's fetcher", "WhatsApp/2.25.15.82 A", ClickClass.Preview },
        { "WhatsApp's fetcher without a version", "WhatsApp", ClickClass.Preview },
        { "Tumblr's fetcher", "Tumblr/14.0.835.186", ClickClass.Preview },
        { "Bluesky's fetcher", "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.example)", ClickClass.Preview },
        { "Mattermost's fetcher", "Mattermost-Bot/1.1", ClickClass.Preview },
        { "iMessage's", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0", ClickClass.Preview },
        { "Expanse's scanner", "Expanse, a Palo Alto Networks company, searches across the global IPv4 space multiple times per day", ClickClass.Scanner },
        // Programs that people start.
        { "curl", "curl/8.14.1", ClickClass.Tool },
        { "curl without a version", "curl", ClickClass.Tool },
        { "an app on a phone", "ExampleReader/5.0 (iPhone; iOS 18.5; Scale/3.00)", ClickClass.Tool },
        { "an app on Android", "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP2A.240805.005)", ClickClass.Tool },
        { "half a browser", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", ClickClass.Tool },
    };

    [Theory]
    [MemberData(nameof(People))]
    public void A_complete_browser_is_a_persons_whatever_its_apps_plug_ins_and_device_are_called(string visitor, string header)
    {
        var agent = UserAgents.Parse(header, out var reason);
        agent.Class.ShouldBe(ClickClass.Human, visitor);
        reason.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Automatic))]
    public void Programs_are_told_from_people_and_give_a_reason(string visitor, string header, ClickClass expected)
    {
        UserAgents.Parse(header, out var reason).Class.ShouldBe(expected, visitor);
        reason.ShouldNotBeNullOrWhiteSpace();
    }

    [Theory]
    [InlineData("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "\"Googlebot\" in User-Agent")]
    [InlineData("ExampleCrawler/1.0", "\"crawler\" in User-Agent")]
    [InlineData("inventory-sync/4.2", "unknown program")]
    [InlineData("curl/8.14.1", "program curl")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0)", "app")]
    [InlineData(" ", "no User-Agent")]
    public void The_reason_is_the_word_or_the_rule_that_decided(string header, string expected)
    {
        UserAgents.Parse(header, out var reason);
        reason.ShouldBe(expected);
    }

    [Fact]
    public void Reading_a_header_costs_no_allocation_whatever_decides()
    {
        string[] headers = [.. People.Select(row => row.Data.Item2), .. Automatic.Select(row => row.Data.Item2), new string('(', 4_000), "Mozilla/5.0 (" + new string('b', 4_000) + "bot"];
        Allocations.Of(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                foreach (var header in headers)
                {
                    UserAgents.Parse(header, out _);
                }
            }
        }).ShouldBe(0);
    }
}
