using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Blocklist;

namespace LinkShort.Links.Tests;

/// <summary>Reading and matching block lists. The URLs are from Google's own tests: developers.google.com/safe-browsing/v4/urls-hashing.</summary>
public sealed class BlocklistTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("http://host/%25%32%35", "host/%25")]
    [InlineData("http://host/%25%32%35%25%32%35", "host/%25%25")]
    [InlineData("http://host/%2525252525252525", "host/%25")]
    [InlineData("http://host/asdf%25%32%35asd", "host/asdf%25asd")]
    [InlineData("http://host/%%%25%32%35asd%%", "host/%25%25%25asd%25%25")]
    [InlineData("http://www.google.com/", "www.google.com/")]
    [InlineData(
        "http://%31%36%38%2e%31%38%38%2e%39%39%2e%32%36/%2E%73%65%63%75%72%65/%77%77%77%2E%65%62%61%79%2E%63%6F%6D/",
        "168.188.99.26/.secure/www.ebay.com/")]
    [InlineData("http://195.127.0.11/uploads/%20%20%20%20/.verify/.eBay=x/", "195.127.0.11/uploads/%20%20%20%20/.verify/.eBay=x/")]
    [InlineData(
        "http://host%23.com/%257Ea%2521b%2540c%2523d%2524e%25f%255E00%252611%252A22%252833%252944_55%252B",
        "host%23.com/~a!b@c%23d$e%25f^00&11*22(33)44_55+")]
    [InlineData("http://3279880203/blah", "195.127.0.11/blah")]
    [InlineData("http://www.google.com/blah/..", "www.google.com/")]
    [InlineData("www.google.com/", "www.google.com/")]
    [InlineData("www.google.com", "www.google.com/")]
    [InlineData("http://www.evil.com/blah#frag", "www.evil.com/blah")]
    [InlineData("http://www.GOOgle.com/", "www.google.com/")]
    [InlineData("http://www.google.com.../", "www.google.com/")]
    [InlineData("http://www.google.com/foo\tbar\rbaz\n2", "www.google.com/foobarbaz2")]
    [InlineData("http://www.google.com/q?", "www.google.com/q?")]
    [InlineData("http://www.google.com/q?r?", "www.google.com/q?r?")]
    [InlineData("http://www.google.com/q?r?s", "www.google.com/q?r?s")]
    [InlineData("http://evil.com/foo#bar#baz", "evil.com/foo")]
    [InlineData("http://evil.com/foo;", "evil.com/foo;")]
    [InlineData("http://evil.com/foo?bar;", "evil.com/foo?bar;")]
    [InlineData("http://%01%80.com/", "%01%80.com/")]
    [InlineData("http://notrailingslash.com", "notrailingslash.com/")]
    [InlineData("http://www.gotaport.com:1234/", "www.gotaport.com/")]
    [InlineData("  http://www.google.com/  ", "www.google.com/")]
    [InlineData("http:// leadingspace.com/", "%20leadingspace.com/")]
    [InlineData("http://%20leadingspace.com/", "%20leadingspace.com/")]
    [InlineData("https://www.securesite.com/", "www.securesite.com/")]
    [InlineData("http://host.com/ab%23cd", "host.com/ab%23cd")]
    [InlineData("http://host.com//twoslashes?more//slashes", "host.com/twoslashes?more//slashes")]
    [InlineData("https://user:pass@bücher.example:8443/ä?ö", "xn--bcher-kva.example/%C3%A4?%C3%B6")]
    [InlineData("https://[2001:DB8::1]:443/x", "[2001:db8::1]/x")]
    [InlineData("https://0x7f.1/", "127.0.0.1/")]
    public void A_URL_has_one_canonical_spelling(string address, string canonical)
    {
        CanonicalUrl.TryParse(address, out var url).ShouldBeTrue();
        url!.ToString().ShouldBe(canonical);
    }

    [Theory]
    [InlineData("mailto:a@evil.example")]
    [InlineData("myapp://item/1")]
    [InlineData("https:///path")]
    [InlineData("")]
    [InlineData(null)]
    public void Other_texts_have_no_canonical_spelling(string? address) => CanonicalUrl.TryParse(address, out _).ShouldBeFalse();

    [Fact]
    public void Expressions_match_Googles()
    {
        Expressions("http://a.b.c/1/2.html?param=1").ShouldBe(
            ["a.b.c/1/2.html?param=1", "a.b.c/1/2.html", "a.b.c/", "a.b.c/1/", "b.c/1/2.html?param=1", "b.c/1/2.html", "b.c/", "b.c/1/"], ignoreOrder: true);
        Expressions("http://a.b.c.d.e.f.g/1.html").ShouldBe(
            ["a.b.c.d.e.f.g/1.html", "a.b.c.d.e.f.g/", "c.d.e.f.g/1.html", "c.d.e.f.g/", "d.e.f.g/1.html", "d.e.f.g/", "e.f.g/1.html", "e.f.g/", "f.g/1.html", "f.g/"],
            ignoreOrder: true);
        Expressions("http://1.2.3.4/1/").ShouldBe(["1.2.3.4/1/", "1.2.3.4/"], ignoreOrder: true);

        static IEnumerable<string> Expressions(string address)
        {
            CanonicalUrl.TryParse(address, out var url).ShouldBeTrue();
            return url!.Expressions();
        }
    }

    [Fact]
    public async Task A_list_contains_prefixes_of_any_length_and_plain_hosts_and_URLs()
    {
        var list = await ReadAsync($"""
            # a comment, and an empty line

            {Prefix("four.example/", 4)}
            {Prefix("eight.example/bad/", 8)} phishing since Tuesday
            {Prefix("whole.example/login?a=1", 32)}
            Written.Example
            https://folder.example/bad/   malware
            203.0.113.7
            {Prefix("four.example/", 4)}
            """);

        list.Count.ShouldBe(6);
        foreach (var blocked in new[]
        {
            "https://four.example", "http://sub.four.example:8080/any/thing?x#y", "https://eight.example/bad/more.html",
            "https://eight.example/%62ad/./x", "https://whole.example/login?a=1", "https://WRITTEN.example/", "https://a.b.written.example/x",
            "https://folder.example/bad/", "http://folder.example/x/../bad/1?2", "http://203.0.113.7:81/", "http://0313.0.113.7/",
        })
        {
            list.Contains(blocked).ShouldBeTrue(blocked);
        }

        foreach (var free in new[]
        {
            "https://example.com/", "https://eight.example/", "https://eight.example/good/bad/", "https://whole.example/login?a=2", "https://whole.example/login",
            "https://written.example.com/", "https://notwritten.example/", "https://folder.example/bad", "http://203.0.113.8/", "myapp://written.example/",
        })
        {
            list.Contains(free).ShouldBeFalse(free);
        }
    }

    [Theory]
    [InlineData("evil.example\nnot a list", 2)]
    [InlineData("<!doctype html>", 1)]
    [InlineData("abc", 1)]
    [InlineData("evil.example\n\nabcdef012", 3)]
    [InlineData("ABCDEF0123456789", 1)]
    [InlineData("mailto:somebody@evil.example", 1)]
    public async Task A_damaged_line_is_reported(string text, int line) =>
        (await Should.ThrowAsync<DamagedBlocklistException>(() => ReadAsync(text))).Message.ShouldStartWith($"line {line}:");

    [Theory]
    [InlineData(4, 4_000_000)]
    [InlineData(8, 8_000_000)]
    [InlineData(32, 16_000_000)]
    public async Task A_million_entries_take_as_many_bytes_as_their_prefixes(int bytes, int limit)
    {
        var random = new Random(bytes);
        var text = new StringBuilder();
        var prefix = new byte[bytes];
        for (var i = 0; i < 1_000_000; i++)
        {
            random.NextBytes(prefix);
            text.Append(Convert.ToHexStringLower(prefix)).Append('\n');
        }

        var clock = Stopwatch.StartNew();
        var list = await ReadAsync(text.ToString());
        var loaded = clock.Elapsed;
        // A few random four-byte prefixes are equal.
        list.Count.ShouldBeInRange(999_000, 1_000_000);
        list.Bytes.ShouldBeLessThanOrEqualTo(limit);

        const int Lookups = 20_000;
        clock.Restart();
        for (var i = 0; i < Lookups; i++)
        {
            list.Contains("https://www.example.com/some/article-about-things.html?utm_source=x");
        }

        output.WriteLine($"{bytes} bytes each: read in {loaded.TotalMilliseconds:F0} ms, {list.Bytes} bytes, {clock.Elapsed.TotalNanoseconds / Lookups:F0} ns a look-up of 10 expressions");
    }

    private static Task<BlockedUrls> ReadAsync(string text) =>
        BlockedUrls.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), CancellationToken.None);

    private static string Prefix(string expression, int bytes) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(expression)).AsSpan(0, bytes));
}
