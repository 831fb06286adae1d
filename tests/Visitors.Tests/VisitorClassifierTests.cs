namespace LinkShort.Visitors.Tests;

public sealed class VisitorClassifierTests
{
    private const string Chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
    private const string Googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    private const string Curl = "curl/8.5.0";

    [Theory]
    [InlineData("a browser", Chrome, null, true, null, false, ClickClass.Human)]
    [InlineData("a browser's name without languages", Chrome, null, false, null, false, ClickClass.Tool)]
    [InlineData("a browser's name that asks for headers only", Chrome, null, true, null, true, ClickClass.Scanner)]
    [InlineData("Chrome's prefetch", Chrome, "prefetch", true, null, false, ClickClass.Prefetch)]
    [InlineData("Chrome's prerender", Chrome, "prefetch;prerender", true, null, false, ClickClass.Prefetch)]
    [InlineData("Chrome's prefetch through its proxy", Chrome, "prefetch;anonymous-client-ip", true, null, false, ClickClass.Prefetch)]
    [InlineData("Safari's top hit", Chrome, "preview", true, null, false, ClickClass.Prefetch)]
    [InlineData("another purpose", Chrome, "navigate", true, null, false, ClickClass.Human)]
    [InlineData("a browser from mail protection's network", Chrome, null, true, ClickClass.Scanner, false, ClickClass.Scanner)]
    [InlineData("a browser from a crawler's network", Chrome, "prefetch", true, ClickClass.Crawler, false, ClickClass.Crawler)]
    [InlineData("a crawler", Googlebot, null, false, null, false, ClickClass.Crawler)]
    [InlineData("a crawler with languages", Googlebot, null, true, null, false, ClickClass.Crawler)]
    [InlineData("a crawler from a previewer's network", Googlebot, null, false, ClickClass.Preview, false, ClickClass.Crawler)]
    [InlineData("curl", Curl, null, false, null, false, ClickClass.Tool)]
    [InlineData("curl from a scanner's network", Curl, null, false, ClickClass.Scanner, false, ClickClass.Scanner)]
    [InlineData("curl -I", Curl, null, false, null, true, ClickClass.Tool)]
    [InlineData("no header fields", null, null, false, null, false, ClickClass.Tool)]
    [InlineData("only a purpose", null, "prefetch", false, null, false, ClickClass.Prefetch)]
    public void The_whole_request_decides(
        string visitor, string? userAgent, string? purpose, bool languages, ClickClass? network, bool isHead, ClickClass expected) =>
        VisitorClassifier.Classify(userAgent, purpose, languages, network, isHead).ShouldBe(expected, visitor);

    [Theory]
    [InlineData(ClickClass.Human, true)]
    [InlineData(ClickClass.Tool, true)]
    [InlineData(ClickClass.Crawler, false)]
    [InlineData(ClickClass.Preview, false)]
    [InlineData(ClickClass.Scanner, false)]
    [InlineData(ClickClass.Prefetch, false)]
    [InlineData(ClickClass.Monitor, false)]
    public void Exactly_the_visits_that_count_as_clicks_count_towards_a_limit(ClickClass @class, bool expected)
    {
        @class.UsesUpClick().ShouldBe(expected);
        @class.IsBot().ShouldBe(!expected);
    }

    [Fact]
    public void Every_class_has_a_name_that_is_read_back()
    {
        foreach (var @class in Enum.GetValues<ClickClass>())
        {
            ClickClasses.Parse(@class.Name()).ShouldBe(@class);
        }

        ClickClasses.Parse("martian").ShouldBeNull();
        ClickClasses.Parse(null).ShouldBeNull();
    }

    [Fact]
    public void Classifying_allocates_nothing()
    {
        string[] agents = [Chrome, Googlebot, Curl, new string('x', 512)];
        Allocations.Of(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                foreach (var agent in agents)
                {
                    VisitorClassifier.Classify(agent, "prefetch", true, null);
                }
            }
        }).ShouldBe(0);
    }
}
