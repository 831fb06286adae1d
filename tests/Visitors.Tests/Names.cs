namespace LinkShort.Visitors.Tests;

/// <summary>Maps names of ua-parser-js to ours. Null if we have none.</summary>
internal static class Names
{
    private static readonly Dictionary<string, string> Browsers = new()
    {
        ["Android Browser"] = "Android Browser", ["Brave"] = "Brave", ["Chrome"] = "Chrome", ["Chrome Headless"] = "Headless Chrome",
        ["Chrome WebView"] = "Android WebView", ["Chromium"] = "Chrome", ["DuckDuckGo"] = "DuckDuckGo", ["Edge"] = "Edge", ["Electron"] = "Electron",
        ["Facebook"] = "Facebook", ["Firefox"] = "Firefox", ["Firefox Focus"] = "Firefox", ["Fennec"] = "Firefox", ["GSA"] = "Google app",
        ["IE"] = "Internet Explorer", ["IEMobile"] = "Internet Explorer", ["Instagram"] = "Instagram", ["Line"] = "LINE", ["Lynx"] = "Lynx",
        ["MIUI Browser"] = "Mi Browser", ["Mobile Safari"] = "Safari", ["Opera"] = "Opera", ["Opera Coast"] = "Opera", ["Opera Mini"] = "Opera",
        ["Opera Mobi"] = "Opera", ["Opera Tablet"] = "Opera", ["Opera Touch"] = "Opera", ["PhantomJS"] = "PhantomJS", ["QQ"] = "QQ Browser",
        ["QQBrowser"] = "QQ Browser", ["QQBrowserLite"] = "QQ Browser", ["Safari"] = "Safari", ["Samsung Browser"] = "Samsung Internet",
        ["Samsung Internet"] = "Samsung Internet", ["Silk"] = "Silk", ["Snapchat"] = "Snapchat", ["TikTok"] = "TikTok", ["UCBrowser"] = "UC Browser",
        ["Vivaldi"] = "Vivaldi", ["WeChat"] = "WeChat", ["WeChat(Win) Desktop"] = "WeChat", ["WebKit"] = "Safari", ["Whale"] = "Whale", ["Yandex"] = "Yandex",
    };

    private static readonly Dictionary<string, string> Systems = new()
    {
        ["Android"] = "Android", ["Chromium OS"] = "ChromeOS", ["Fedora"] = "Linux", ["FreeBSD"] = "FreeBSD", ["HarmonyOS"] = "HarmonyOS", ["iOS"] = "iOS",
        ["KAIOS"] = "KaiOS", ["Linux"] = "Linux", ["Mac OS"] = "macOS", ["OpenBSD"] = "OpenBSD", ["PlayStation"] = "PlayStation", ["Nintendo"] = "Nintendo",
        ["Tizen"] = "Tizen", ["Ubuntu"] = "Linux", ["webOS"] = "webOS", ["Windows"] = "Windows", ["Windows Phone"] = "Windows Phone", ["Windows Phone OS"] = "Windows Phone",
    };

    private static readonly Dictionary<string, string> Devices = new()
    {
        ["console"] = "Console", ["mobile"] = "Mobile", ["smarttv"] = "TV", ["tablet"] = "Tablet",
    };

    public static string? Browser(string? theirs, string userAgent) =>
        theirs is null ? null
        // Only on Android is it Chrome's web view.
        : theirs == "Chrome WebView" && !userAgent.Contains("Android", StringComparison.Ordinal) && userAgent.Length > 0 ? "Chrome"
        : Browsers.GetValueOrDefault(theirs);

    public static string? System(string? theirs) => theirs is null ? null : Systems.GetValueOrDefault(theirs);

    /// <summary>ua-parser-js has no device for computers.</summary>
    public static string? Device(string? theirs) => theirs is null ? "Desktop" : Devices.GetValueOrDefault(theirs);
}
