using LinkShort.Contracts;
using LinkShort.Redirect.Clicks;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary>A/B variants: each visitor stays in one variant all day.</summary>
public sealed class VariantTests(ServersFixture fixture)
{
    private static readonly LinkBehavior ThreeWays = new()
    {
        Variants = [new LinkVariant(6, "https://e.example/a", "big"), new LinkVariant(3, "https://e.example/b"), new LinkVariant(1, Name: "control")],
        Rules = [new LinkRule(new RuleCondition { Query = new QueryCondition("rule") }, "https://e.example/rule")],
    };

    [Fact]
    public async Task Visitors_are_distributed_by_weight_the_same_way_on_every_replica_and_the_click_has_the_variant()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var clock = new ShiftedClock();
        Replica[] replicas = [await installation.AddReplicaAsync(clock), await installation.AddReplicaAsync(clock)];
        await SaltsAreSharedAsync(replicas, clock);
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://e.example/destination") with { Behavior = ThreeWays });

        const int Visitors = 600;
        var first = await Task.WhenAll(Enumerable.Range(0, Visitors).Select(number => LocationAsync(replicas[0], link, number)));
        var second = await Task.WhenAll(Enumerable.Range(0, Visitors).Select(number => LocationAsync(replicas[1], link, number)));

        second.ShouldBe(first, "sticky across replicas");
        // Chi-squared with two degrees of freedom: above 18.4 once in 10,000 times by chance.
        double ChiSquared(string url, double share) => Math.Pow(first.Count(location => location == url) - (share * Visitors), 2) / (share * Visitors);
        (ChiSquared("https://e.example/a", 0.6) + ChiSquared("https://e.example/b", 0.3) + ChiSquared("https://e.example/destination", 0.1)).ShouldBeLessThan(18.4);

        // Clicks have the variant's name, also in the control group; a returning visitor has the same variant.
        await installation.ClicksBecomeAsync(2 * Visitors);
        installation.Clicks.Count(click => click.Variant == "big").ShouldBe(2 * first.Count(location => location == "https://e.example/a"));
        installation.Clicks.Count(click => click.Variant == "B").ShouldBe(2 * first.Count(location => location == "https://e.example/b"));
        installation.Clicks.Count(click => click.Variant == "control").ShouldBe(2 * first.Count(location => location == "https://e.example/destination"));
        installation.Clicks.GroupBy(click => click.Visitor).ShouldAllBe(visits => visits.Select(click => click.Variant).Distinct().Count() == 1);

        // The control group is treated as if there were no variants.
        var inControl = Array.IndexOf(first, "https://e.example/destination");
        (await LocationAsync(replicas[0], link, inControl, "?rule")).ShouldBe("https://e.example/rule");
        (await LocationAsync(replicas[0], link, Array.IndexOf(first, "https://e.example/a"), "?rule")).ShouldBe("https://e.example/a");

        // Another link, or another day, gives another distribution.
        var other = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://e.example/destination") with { Behavior = ThreeWays });
        var elsewhere = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => LocationAsync(replicas[0], other, number)));
        elsewhere.ShouldNotBe(first[..60]);
        clock.Offset = TimeSpan.FromDays(1);
        await SaltsAreSharedAsync(replicas, clock);
        var tomorrow = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => LocationAsync(replicas[number % 2], link, number)));
        tomorrow.ShouldNotBe(first[..60]);
    }

    [Theory]
    [InlineData("Sec-GPC: 1")]
    [InlineData("DNT: 1")]
    public async Task Visitors_who_ask_not_to_be_profiled_stay_in_one_variant_without_being_identified(string field)
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Behavior = ThreeWays });

        var locations = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => LocationAsync(replica, link, number, "", field)));
        var again = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => LocationAsync(replica, link, number, "", field)));

        again.ShouldBe(locations);
        locations.Distinct().Count().ShouldBeGreaterThan(1);
        await installation.ClicksBecomeAsync(80);
        installation.Clicks.ShouldAllBe(click => click.Visitor == null);
        var answer = await RawHttp.SendAsync(replica.Address, Browser.Get("/" + link.Code, Browser.Desktop, field));
        RawHttp.Field(answer, "Set-Cookie").ShouldBeNull();
        RawHttp.Field(answer, "Cache-Control").ShouldBe("private, no-store");
    }

    private static async Task<string?> LocationAsync(Replica replica, LinkSnapshot link, int visitor, string query = "", params string[] fields) =>
        RawHttp.Field(
            await RawHttp.SendAsync(replica.Address, Browser.Get(
                "/" + link.Code + query, Browser.Desktop, [.. fields, $"X-Forwarded-For: 10.{visitor / 250}.{visitor % 250}.7", "X-Proxy-Key: " + Installation.ProxyProof])),
            "Location");

    /// <summary>Waits until the replicas share the daily salt, within seconds of their start.</summary>
    private static Task SaltsAreSharedAsync(Replica[] replicas, TimeProvider clock) => Eventually.PassesAsync(() =>
    {
        replicas.Select(replica => Convert.ToHexString(replica.Services.GetRequiredService<DailySalt>().At(clock.GetUtcNow()))).Distinct().Count().ShouldBe(1);
        return Task.CompletedTask;
    });
}
