using LinkShort.Links.Domain;

namespace LinkShort.Links.Tests;

public sealed class TargetUrlTests
{
    private static readonly DestinationPolicy Public =
        new(new LinksOptions { ShortUrlBase = "https://go.example.org", OwnHosts = "short.example.net, 8.8.4.4, bücher.example" });

    private static readonly DestinationPolicy Intranet = new(new LinksOptions { ShortUrlBase = "http://localhost:8080", AllowPrivateDestinations = true });

    [Theory]
    [InlineData("https://example.com")]
    [InlineData("http://example.com/")]
    [InlineData("HTTPS://Example.COM/Path?Q=1#Frag")]
    [InlineData("https://example.com/a%2Bb%2fc?x=%2B&y=a+b&y&=z#x")]
    [InlineData("https://example.com?a")]
    [InlineData("https://example.com#x")]
    [InlineData("https://example.com:8443/%zz")]
    [InlineData("https://example.com/it's/(a)/[b]?q=\"x\"|y^z`{w}")]
    [InlineData("https://münchen.de/straße?q=ü")]
    [InlineData("https://xn--mnchen-3ya.de/")]
    [InlineData("https://例え.jp/テスト/👩‍👧")]
    [InlineData("https://sub_domain.example.com./")]
    [InlineData("https://8.8.8.8/")]
    [InlineData("https://[2606:4700:4700::1111]:443/")]
    [InlineData("https://example.com/?next=http://127.0.0.1/")]
    [InlineData("https://example.com/user@host")]
    [InlineData("https://example.com/?mail=a@b.c")]
    [InlineData("https://127.0.0.1.example.com/")]
    [InlineData("https://localhost.example.com/")]
    [InlineData("https://0xff.example.com/")]
    public void A_public_URL_is_kept_byte_for_byte(string text)
    {
        TargetUrl.TryParse(text, Public, out var url, out var error).ShouldBeTrue(error?.ToString());
        url!.Value.ShouldBe(text);
    }

    [Fact]
    public void A_URL_has_up_to_2048_characters()
    {
        var start = "https://example.com/";
        TargetUrl.TryParse(start + new string('a', 2048 - start.Length), Public, out _, out _).ShouldBeTrue();
        TargetUrl.TryParse(start + new string('a', 2049 - start.Length), Public, out _, out var error).ShouldBeFalse();
        error!.ToString().ShouldContain("2,048");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("example.com")]
    [InlineData("//example.com/")]
    [InlineData("/path")]
    [InlineData("ftp://example.com/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("JaVaScRiPt://example.com/%0aalert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("mailto:a@example.com")]
    [InlineData("vbscript:x")]
    [InlineData("http:example.com")]
    [InlineData("http:/example.com")]
    [InlineData("https:///example.com")]
    [InlineData("https://")]
    [InlineData("https://?x")]
    [InlineData("https://:443/")]
    [InlineData("https://user@example.com/")]
    [InlineData("https://user:pw@example.com/")]
    [InlineData("https://@example.com/")]
    [InlineData("https://example.com@8.8.8.8/")]
    [InlineData("https://example.com:0/")]
    [InlineData("https://example.com:65536/")]
    [InlineData("https://example.com:/")]
    [InlineData("https://example.com:-1/")]
    [InlineData("https://example.com: 80/")]
    [InlineData("https://example.com:80:80/")]
    [InlineData(" https://example.com/")]
    [InlineData("https://example.com/ ")]
    [InlineData("https://example.com/a b")]
    [InlineData("https://example.com/\ta")]
    [InlineData("https://example.com/\r\nSet-Cookie: a=b")]
    [InlineData("https://example.com/\u0000")]
    [InlineData("https://example.com/\u007F")]
    [InlineData("https://example.com/\u0085")]
    [InlineData("https://example.com/\u2028")]
    [InlineData("https://example.com/\u202Egnp.exe")]
    [InlineData("https://example.com/\u200Bx")]
    [InlineData("https://example.com\\@8.8.8.8/")]
    [InlineData("https:\\\\example.com\\")]
    [InlineData("https://example.com/<script>")]
    [InlineData("https://exa mple.com/")]
    [InlineData("https://example..com/")]
    [InlineData("https://.example.com/")]
    [InlineData("https://example.com../")]
    [InlineData("https://-example.com/")]
    [InlineData("https://exam!ple.com/")]
    [InlineData("https://[::1/")]
    [InlineData("https://[fe80::1%25eth0]/")]
    [InlineData("https://[example.com]/")]
    [InlineData("https://[2606:4700::1]x/")]
    [InlineData("https://2606:4700::1/")]
    [InlineData("https://256.1.1.1/")]
    [InlineData("https://1.2.3.4.5/")]
    [InlineData("https://8.8.8.08/")]
    [InlineData("https://4294967296/")]
    [InlineData("https://1.2.3.0xfffffffffffffffffff/")]
    public void Everything_but_http_URLs_is_refused(string? text)
    {
        TargetUrl.TryParse(text, Public, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNull().ToString().ShouldNotBeEmpty();
        TargetUrl.TryParse(text, Intranet, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_lone_surrogate_is_refused() =>
        TargetUrl.TryParse("https://example.com/\uD83D", Public, out _, out _).ShouldBeFalse();

    [Fact]
    public void A_name_longer_than_DNS_allows_is_refused()
    {
        TargetUrl.TryParse($"https://{new string('a', 64)}.com/", Public, out _, out _).ShouldBeFalse();
        TargetUrl.TryParse($"https://{string.Join('.', Enumerable.Repeat("abcdefghi", 30))}.com/", Public, out _, out _).ShouldBeFalse();
    }

    public static TheoryData<string> PrivateHosts =>
    [
        "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "nas.lan", "db.internal", "router.home.arpa", "intranet", "wiki.corp",
        "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7F.0.0.1", "0177.0.0.1", "017700000001", "00000177.1",
        "0", "0.0.0.0", "0x", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.168.257", "0xc0a80101", "169.254.169.254",
        "0xA9FEA9FE", "2852039166", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
        "240.0.0.1", "255.255.255.255", "１２７.０.０.１", "127。0。0。1", "①②⑦.⓪.⓪.①", "ｌｏｃａｌｈｏｓｔ",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]", "[2002:a00:1::1]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[2001:db8::1]", "[2001::1]",
        "[2001:2::1]", "[3fff::1]", "[100::1]", "[5f00::1]", "[64:ff9b:1::1]",
    ];

    [Theory]
    [MemberData(nameof(PrivateHosts))]
    public void A_private_address_is_refused_in_any_notation(string host)
    {
        TargetUrl.TryParse($"http://{host}/", Public, out _, out var error).ShouldBeFalse(host);
        error!.ToString().ShouldContain("private");
        TargetUrl.TryParse($"http://{host}:8080/x", Public, out _, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("http://%6cocalhost/")]
    [InlineData("http://%31%32%37.0.0.1/")]
    [InlineData("http://127.0.0.1%2f@example.com/")]
    [InlineData("http://127%2e0.0.1/")]
    public void Percent_signs_in_hosts_are_refused_because_browsers_decode_them(string text) =>
        TargetUrl.TryParse(text, Public, out _, out _).ShouldBeFalse();

    [Theory]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://127.0.0.1:5000/")]
    [InlineData("http://wiki.corp/")]
    [InlineData("http://intranet/")]
    [InlineData("http://[fd12::1]/")]
    public void Private_addresses_are_accepted_if_the_operator_allows_them(string text) =>
        TargetUrl.TryParse(text, Intranet, out _, out _).ShouldBeTrue();

    [Theory]
    [InlineData("https://go.example.org/abc")]
    [InlineData("https://GO.example.ORG/abc")]
    [InlineData("https://go.example.org./abc")]
    [InlineData("http://go.example.org:1234/")]
    [InlineData("https://ｇｏ.example.org/")]
    [InlineData("https://short.example.net/")]
    [InlineData("https://8.8.4.4/")]
    [InlineData("https://134743044/")]
    [InlineData("https://[::ffff:8.8.4.4]/")]
    [InlineData("https://xn--bcher-kva.example/")]
    [InlineData("https://BÜCHER.example/")]
    public void A_link_to_our_own_host_would_be_a_loop(string text)
    {
        TargetUrl.TryParse(text, Public, out _, out var error).ShouldBeFalse();
        error!.ToString().ShouldContain("redirected in a loop");
    }

    [Fact]
    public void Our_own_host_is_refused_even_where_private_addresses_are_allowed() =>
        TargetUrl.TryParse("http://localhost:8080/x", Intranet, out _, out _).ShouldBeFalse();
}
