using Microsoft.AspNetCore.Http;

namespace LinkShort.Visitors.Tests;

/// <summary>The headers of browsers that load a page in advance.</summary>
public sealed class PurposesTests
{
    private const string Chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36";

    [Theory]
    [InlineData("Sec-Purpose", "prefetch")]
    [InlineData("Sec-Purpose", "prefetch;prerender")]
    [InlineData("Sec-Purpose", "prefetch;anonymous-client-ip")]
    [InlineData("sec-purpose", "Prefetch ; prerender")]
    [InlineData("Purpose", "prefetch")]
    [InlineData("PURPOSE", "PREFETCH")]
    [InlineData("Purpose", "preview")]
    [InlineData("X-Purpose", "preview")]
    [InlineData("X-Purpose", ": preview")]
    [InlineData("X-Purpose", "instant")]
    [InlineData("X-Moz", "prefetch")]
    [InlineData("x-moz", "Prefetch")]
    [InlineData("X-Moz", "\"prefetch\"")]
    [InlineData("Purpose", "navigate, prefetch")]
    public void Loading_in_advance_is_a_prefetch(string name, string value) => ClassOf((name, value)).ShouldBe(ClickClass.Prefetch);

    [Theory]
    [InlineData("Sec-Purpose", "")]
    [InlineData("Sec-Purpose", "navigate")]
    [InlineData("Purpose", "navigate;from=preview")]
    [InlineData("Purpose", "no-prefetch")]
    [InlineData("X-Moz", "livebookmarks")]
    [InlineData("X-Purpose", "previewing")]
    public void Other_purposes_are_not(string name, string value) => ClassOf((name, value)).ShouldBe(ClickClass.Human);

    [Fact]
    public void Any_of_several_headers_and_values_counts()
    {
        ClassOf(("Sec-Purpose", "navigate"), ("X-Moz", "prefetch")).ShouldBe(ClickClass.Prefetch);
        Purposes.Of(new HeaderDictionary { ["Purpose"] = new(["navigate", "prefetch"]) }).ShouldBe("prefetch");
        Purposes.Of(new HeaderDictionary { ["Purpose"] = new string('a', 100) + ",prefetch" }).ShouldBe("prefetch", "a click keeps the first 64 characters");
        Purposes.Of(new HeaderDictionary { ["X-Purpose"] = "navigate" }).ShouldBe("navigate");
        Purposes.Of(new HeaderDictionary()).ShouldBeNull();
    }

    private static ClickClass ClassOf(params (string Name, string Value)[] fields)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in fields)
        {
            headers[name] = value;
        }

        return VisitorClassifier.Classify(Chrome, Purposes.Of(headers), hasAcceptLanguage: true, network: null);
    }
}
