using System.Collections.Frozen;
using LinkShort.Analytics.Rollups;
using LinkShort.Visitors;

namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>
/// How visitors arrive: the channel of a referrer's domain. Derived when rollups are read, not stored with them: it costs no bytes, covers all earlier
/// clicks, and a domain added here counts for the past as well.
/// </summary>
public static class Channels
{
    public const string Search = "search";
    public const string Social = "social";
    public const string Mail = "mail";
    public const string Ads = "ads";

    /// <summary>A site that is in none of the lists.</summary>
    public const string Referral = "referral";

    /// <summary>Clicks whose domain the rollups don't keep: see <see cref="DimensionCounts.MaxValues"/>.</summary>
    public const string Other = "other";

    /// <summary>A domain stands for its subdomains, too, unless they are listed themselves. Android apps come by their package.</summary>
    private static readonly FrozenDictionary<string, string> Known = Lists().ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="referrer">A value of <see cref="Dimension.Referrer"/>.</param>
    public static string Of(string referrer)
    {
        if (referrer == Referrers.Direct)
        {
            return Referrers.Direct;
        }

        if (referrer == DimensionCounts.Other)
        {
            return Other;
        }

        var lookup = Known.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var domain = referrer.AsSpan(); !domain.IsEmpty; domain = domain[(domain.IndexOf('.') is >= 0 and var dot ? dot + 1 : domain.Length)..])
        {
            if (lookup.TryGetValue(domain, out var channel))
            {
                return channel;
            }
        }

        return IsNationalEngine(referrer) ? Search : Referral;
    }

    /// <returns>Clicks by channel, in descending order.</returns>
    /// <param name="referrers">Clicks by <see cref="Dimension.Referrer"/>.</param>
    public static IReadOnlyList<NamedCount> Sum(IEnumerable<(string Value, long Clicks)> referrers) =>
    [
        .. referrers
            .GroupBy(referrer => Of(referrer.Value), referrer => referrer.Clicks, StringComparer.Ordinal)
            .Select(channel => new NamedCount(channel.Key, channel.Sum()))
            .OrderByDescending(channel => channel.Clicks)
            .ThenBy(channel => channel.Name, StringComparer.Ordinal),
    ];

    /// <summary>Google and Yandex search under most countries' domains, of the forms xx, co.xx and com.xx.</summary>
    private static bool IsNationalEngine(string domain)
    {
        ReadOnlySpan<char> suffix = domain.StartsWith("google.", StringComparison.Ordinal) || domain.StartsWith("yandex.", StringComparison.Ordinal)
            ? domain.AsSpan("google.".Length)
            : [];
        foreach (var second in (ReadOnlySpan<string>)["co.", "com."])
        {
            if (suffix.StartsWith(second, StringComparison.Ordinal))
            {
                suffix = suffix[second.Length..];
                break;
            }
        }

        return suffix.Length == 2 && char.IsAsciiLetterLower(suffix[0]) && char.IsAsciiLetterLower(suffix[1]);
    }

    private static IEnumerable<KeyValuePair<string, string>> Lists() =>
    [
        .. Each(
            Search, "google.com", "bing.com", "duckduckgo.com", "search.yahoo.com", "search.yahoo.co.jp", "yandex.com", "ya.ru", "baidu.com", "ecosia.org",
            "qwant.com", "startpage.com", "search.brave.com", "kagi.com", "search.naver.com", "so.com", "sogou.com", "seznam.cz", "mojeek.com", "ask.com",
            "search.aol.com", "com.google.android.googlequicksearchbox"),
        .. Each(
            Social, "facebook.com", "fb.com", "fb.me", "messenger.com", "instagram.com", "threads.net", "threads.com", "whatsapp.com", "wa.me", "twitter.com",
            "x.com", "t.co", "linkedin.com", "lnkd.in", "reddit.com", "pinterest.com", "youtube.com", "youtu.be", "tiktok.com", "snapchat.com", "tumblr.com",
            "vk.com", "ok.ru", "weibo.com", "weibo.cn", "bsky.app", "mastodon.social", "quora.com", "news.ycombinator.com", "xing.com", "telegram.org", "t.me",
            "discord.com", "slack.com", "teams.microsoft.com", "com.facebook.katana", "com.instagram.android", "com.twitter.android", "com.linkedin.android",
            "com.reddit.frontpage", "com.slack", "com.whatsapp", "org.telegram.messenger", "com.discord"),
        .. Each(
            Mail, "mail.google.com", "outlook.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com", "mail.yahoo.com", "mail.aol.com", "mail.ru",
            "mail.proton.me", "mail.zoho.com", "gmx.net", "gmx.com", "web.de", "fastmail.com", "app.tuta.com", "mail.yandex.ru", "mail.yandex.com",
            "com.google.android.gm", "com.microsoft.office.outlook"),
        .. Each(
            Ads, "doubleclick.net", "googleadservices.com", "googlesyndication.com", "taboola.com", "outbrain.com", "criteo.com", "adnxs.com",
            "amazon-adsystem.com", "ads.google.com", "l.ads.linkedin.com"),
        // Google's other products are sites like any other.
        .. Each(Referral, "docs.google.com", "drive.google.com", "sites.google.com", "calendar.google.com", "classroom.google.com", "play.google.com", "support.google.com"),
    ];

    private static IEnumerable<KeyValuePair<string, string>> Each(string channel, params string[] domains) => domains.Select(domain => KeyValuePair.Create(domain, channel));
}
