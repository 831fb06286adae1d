namespace LinkShort.Redirect.Tests;

/// <summary>Request headers of different visitors.</summary>
internal static class Browser
{
    public const string Desktop = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    public const string Windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    public const string IPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    public const string IPad = "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    public const string Android = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
    public const string Googlebot = "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    public const string Slackbot = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";

    /// <param name="fields">Further header fields, each <c>Name: value</c>.</param>
    /// <returns>The head of a browser's request, for <see cref="RawHttp"/>.</returns>
    public static string Get(string path, string userAgent = Desktop, params string[] fields) => Head("GET", path, userAgent, fields);

    public static string Head(string method, string path, string userAgent, params string[] fields)
    {
        var language = fields.Any(field => field.StartsWith("Accept-Language:", StringComparison.Ordinal)) ? [] : new[] { "Accept-Language: en-US,en;q=0.5" };
        return string.Join("\r\n", [$"{method} {path} HTTP/1.1", "User-Agent: " + userAgent, .. language, .. fields]);
    }
}
