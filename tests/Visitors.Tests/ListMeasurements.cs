namespace LinkShort.Visitors.Tests;

/// <summary>How right the tables are, on lists that others keep.</summary>
public sealed class ListMeasurements(ITestOutputHelper output)
{
    private static readonly Lists Lists = Lists.All;

    [Fact]
    public void Of_known_crawlers_99_percent_are_not_taken_for_people()
    {
        var taken = Lists.Crawlers.Where(crawler => ClassOf(crawler.UserAgent) == ClickClass.Human).ToList();
        var share = 1 - ((double)taken.Count / Lists.Crawlers.Count);
        output.WriteLine($"{share:P2} of {Lists.Crawlers.Count} automatic visitors are not taken for people.");
        foreach (var @class in Lists.Crawlers.CountBy(crawler => ClassOf(crawler.UserAgent)).OrderByDescending(count => count.Value))
        {
            output.WriteLine($"  {@class.Key.Name(),-10}{@class.Value,6}");
        }

        Print("Taken for people:", taken.Select(crawler => crawler.UserAgent));
        Lists.Crawlers.Count.ShouldBeGreaterThan(2_000);
        share.ShouldBeGreaterThanOrEqualTo(0.99);
    }

    [Fact]
    public void Previews_monitors_scanners_and_tools_are_told_from_crawlers()
    {
        var tagged = Lists.Crawlers.Where(crawler => crawler.Tags.Count == 1).Select(crawler => (crawler.UserAgent, Expected: ClassOfTag(crawler.Tags[0]))).ToList();
        foreach (var group in tagged.GroupBy(crawler => crawler.Expected))
        {
            var missed = group.Where(crawler => ClassOf(crawler.UserAgent) != group.Key).ToList();
            output.WriteLine($"{group.Key.Name()}: {group.Count() - missed.Count} of {group.Count()}");
            Print("Others:", missed.Select(crawler => $"{ClassOf(crawler.UserAgent).Name()}: {crawler.UserAgent}"));
        }
    }

    private static ClickClass ClassOfTag(string tag) => tag switch
    {
        "social-preview" => ClickClass.Preview,
        "monitoring" => ClickClass.Monitor,
        "scanner" => ClickClass.Scanner,
        "http-library" or "browser-automation" => ClickClass.Tool,
        _ => ClickClass.Crawler,
    };

    [Fact]
    public void Of_real_browsers_one_in_a_thousand_at_most_is_taken_for_a_program()
    {
        var all = Lists.Browsers.Sum(browser => browser.Count);
        var taken = Lists.Browsers.Where(browser => ClassOf(browser.UserAgent) != ClickClass.Human).ToList();
        var share = (double)taken.Sum(browser => browser.Count) / all;
        output.WriteLine($"{share:P3} of {all} browsers ({taken.Count} of {Lists.Browsers.Count} different ones) are taken for programs.");
        Print("Taken for programs:", taken.Select(browser => $"{ClassOf(browser.UserAgent).Name()}: {browser.UserAgent}"));
        all.ShouldBeGreaterThanOrEqualTo(10_000);
        share.ShouldBeLessThanOrEqualTo(0.001);
    }

    private static ClickClass ClassOf(string userAgent) => UserAgents.Parse(userAgent).Class;

    private void Print(string title, IEnumerable<string> lines)
    {
        output.WriteLine(title);
        foreach (var line in lines)
        {
            output.WriteLine("  " + line);
        }
    }
}
