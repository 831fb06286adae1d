namespace LinkShort.Visitors.Tests;

/// <summary>The accuracy of the tables on third-party lists.</summary>
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
    public void Previews_monitors_scanners_and_tools_are_distinguished_from_crawlers_where_the_tables_name_them()
    {
        // The measured accuracy, rounded down. The class of a program matters less than that it is one.
        var floors = new Dictionary<ClickClass, double>
        {
            [ClickClass.Crawler] = 0.85, [ClickClass.Tool] = 0.6, [ClickClass.Preview] = 0.75, [ClickClass.Scanner] = 0.6, [ClickClass.Monitor] = 0.55,
        };
        var tagged = Lists.Crawlers.Where(crawler => crawler.Tags.Count == 1).Select(crawler => (crawler.UserAgent, Expected: ClassOfTag(crawler.Tags[0]))).ToList();
        foreach (var group in tagged.GroupBy(crawler => crawler.Expected))
        {
            var missed = group.Where(crawler => ClassOf(crawler.UserAgent) != group.Key).ToList();
            output.WriteLine($"{group.Key.Name()}: {group.Count() - missed.Count} of {group.Count()}");
            Print("Others:", missed.Select(crawler => $"{ClassOf(crawler.UserAgent).Name()}: {crawler.UserAgent}"));
            (1 - ((double)missed.Count / group.Count())).ShouldBeGreaterThanOrEqualTo(floors[group.Key], group.Key.Name());
        }
    }

    [Fact]
    public void No_fewer_automatic_visitors_are_recognised_than_by_isbot()
    {
        var theirs = Lists.Crawlers.Count(crawler => crawler.IsBot);
        var ours = Lists.Crawlers.Count(crawler => ClassOf(crawler.UserAgent) != ClickClass.Human);
        output.WriteLine($"isbot recognises {theirs} of {Lists.Crawlers.Count}, we recognise {ours}.");
        Print("isbot takes for bots, we for people:", Lists.Crawlers.Where(crawler => crawler.IsBot && ClassOf(crawler.UserAgent) == ClickClass.Human).Select(crawler => crawler.UserAgent));
        Print("isbot takes for a browser, we for a program:", Lists.Browsers.Where(browser => !browser.IsBot && ClassOf(browser.UserAgent) != ClickClass.Human).Select(browser => browser.UserAgent));
        ours.ShouldBeGreaterThanOrEqualTo(theirs - (Lists.Crawlers.Count / 100));
    }

    private static ClickClass ClassOfTag(string tag) => tag switch
    {
        "social-preview" => ClickClass.Preview,
        "monitoring" => ClickClass.Monitor,
        "scanner" => ClickClass.Scanner,
        "http-library" => ClickClass.Tool,
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

    [Fact]
    public void Browser_system_and_device_agree_with_ua_parser_js_on_95_percent_of_real_browsers()
    {
        Agreement("browser", browser => (Names.Browser(browser.Name, browser.UserAgent), UserAgents.Parse(browser.UserAgent).Browser)).ShouldBeGreaterThanOrEqualTo(0.95);
        Agreement("system", browser => (Names.System(browser.Os), UserAgents.Parse(browser.UserAgent).Os)).ShouldBeGreaterThanOrEqualTo(0.95);
        Agreement("device", browser => (Names.Device(browser.Device), UserAgents.Parse(browser.UserAgent).Device)).ShouldBeGreaterThanOrEqualTo(0.95);
    }

    [Fact]
    public void Rarer_browsers_and_systems_of_ua_parser_js_test_cases_agree_in_95_percent_of_those_that_we_name()
    {
        Cases("browser", expected => Names.Browser(expected, ""), agent => agent.Browser).ShouldBeGreaterThanOrEqualTo(0.95);
        Cases("os", Names.System, agent => agent.Os).ShouldBeGreaterThanOrEqualTo(0.95);
        Cases("device", expected => expected is null ? null : Names.Device(expected), agent => agent.Device).ShouldBeGreaterThanOrEqualTo(0.95);
    }

    /// <returns>The share of distinct browsers, unweighted.</returns>
    private double Agreement(string what, Func<Lists.Browser, (string? Expected, string Ours)> compare)
    {
        var compared = Lists.Browsers.Select(browser => (browser.UserAgent, browser.Count, Result: compare(browser))).ToList();
        var missed = compared.Where(row => row.Result.Expected != row.Result.Ours).ToList();
        var share = 1 - ((double)missed.Count / compared.Count);
        var weighted = 1 - ((double)missed.Sum(row => row.Count) / compared.Sum(row => row.Count));
        output.WriteLine($"{what}: {share:P2} of {compared.Count} distinct browsers agree, {weighted:P2} weighted by frequency.");
        Print("Others:", missed.Select(row => $"{row.Result.Ours}, not {row.Result.Expected}: {row.UserAgent}"));
        return share;
    }

    private double Cases(string field, Func<string?, string?> name, Func<UserAgent, string> ours)
    {
        var named = Lists.Fixtures[field].Select(fixture => (fixture.UserAgent, Expected: name(fixture.Expected))).Where(fixture => fixture.Expected is not null).ToList();
        var missed = named.Where(fixture => ours(UserAgents.Parse(fixture.UserAgent)) != fixture.Expected).ToList();
        var share = 1 - ((double)missed.Count / named.Count);
        output.WriteLine($"{field}: {share:P2} of {named.Count} agree; {Lists.Fixtures[field].Count - named.Count} have names that we don't use.");
        Print("Others:", missed.Select(fixture => $"{ours(UserAgents.Parse(fixture.UserAgent))}, not {fixture.Expected}: {fixture.UserAgent}"));
        return share;
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
