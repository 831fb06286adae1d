using LinkShort.Testing;
using LinkShort.Visitors.Geography;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary>A replica with city data, shared by tests of <see cref="VisitorTests"/>.</summary>
public sealed class OneReplicaWithPlaces(ServersFixture fixture) : IAsyncLifetime
{
    public Installation Installation { get; private set; } = null!;

    public ReplicaProcess Replica { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Installation = await VisitorTests.StartAsync(fixture.Servers);
        Replica = await Installation.AddProcessAsync();
    }

    public ValueTask DisposeAsync() => Installation.DisposeAsync();
}

/// <summary>The facts that a click has about an address, which is not stored.</summary>
public sealed class VisitorTests(OneReplicaWithPlaces one, ServersFixture fixture) : IClassFixture<OneReplicaWithPlaces>
{
    private const string Londoner = "81.2.69.142";
    private const string Municher = "2001:db8::7";
    private const string Scanner = "64.235.150.9";

    [Fact]
    public async Task A_click_carries_the_place_and_the_network_of_its_address()
    {
        var (installation, replica) = (one.Installation, one.Replica);
        // Each test waits for all of its clicks, so later ones belong to this test.
        installation.Batches.Clear();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));

        await FollowAsync(replica, link.Code, Londoner);
        await FollowAsync(replica, link.Code, Municher);
        await FollowAsync(replica, link.Code, Scanner);
        await FollowAsync(replica, link.Code, "192.0.2.77");
        await FollowAsync(replica, link.Code, "10.1.2.3, 203.0.113.9");
        await installation.ClicksBecomeAsync(5);

        Place(installation, 0).ShouldBe(("GB", "England", "London", null));
        Place(installation, 1).ShouldBe(("DE", "Bavaria", "Munich", null));
        Place(installation, 2).ShouldBe((null, null, null, "scanner"));
        Place(installation, 3).ShouldBe((null, null, null, "monitor"), "from the operator's file");
        Place(installation, 4).ShouldBe((null, null, null, null));
    }

    [Theory]
    [InlineData("X-Forwarded-For: 81.2.69.142:51234")]
    [InlineData("X-Forwarded-For: \"81.2.69.142\"")]
    [InlineData("X-Forwarded-For: [::ffff:81.2.69.142]:51234")]
    [InlineData("Forwarded: for=\"81.2.69.142:51234\";proto=https")]
    public async Task A_click_through_a_proxy_that_adds_ports_or_writes_Forwarded_has_its_visitors_place(string field)
    {
        var (installation, replica) = (one.Installation, one.Replica);
        // Each test waits for all of its clicks, so later ones belong to this test.
        installation.Batches.Clear();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));

        RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, $"GET /{link.Code} HTTP/1.1\r\n{field}")).ShouldBe(302);
        await installation.ClicksBecomeAsync(1);

        Place(installation, 0).ShouldBe(("GB", "England", "London", null));
    }

    [Theory]
    [InlineData("Purpose: prefetch", "prefetch")]
    [InlineData("X-Purpose: preview", "preview")]
    [InlineData("X-Moz: prefetch", "prefetch")]
    [InlineData("Sec-Purpose: navigate\r\nX-Moz: Prefetch", "Prefetch")]
    public async Task Every_header_of_loading_in_advance_is_recorded_and_uses_up_no_click(string fields, string purpose)
    {
        var (installation, replica) = (one.Installation, one.Replica);
        // Each test waits for all of its clicks, so later ones belong to this test.
        installation.Batches.Clear();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Behavior = new() { MaxClicks = 1 } });

        for (var visit = 0; visit < 3; visit++)
        {
            RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, Browser.Get("/" + link.Code, Browser.Desktop, fields))).ShouldBe(302);
        }

        RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, Browser.Get("/" + link.Code))).ShouldBe(302);
        RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, Browser.Get("/" + link.Code))).ShouldBe(410);
        await installation.ClicksBecomeAsync(4);
        installation.Clicks.Count(click => click.Purpose == purpose).ShouldBe(3);
    }

    [Theory]
    [InlineData("Sec-GPC: 1", false)]
    [InlineData("DNT: 1", false)]
    [InlineData("DNT: 0", true)]
    public async Task Visitors_who_ask_not_to_be_profiled_are_counted_with_the_country_only(string field, bool profiled)
    {
        var (installation, replica) = (one.Installation, one.Replica);
        // Each test waits for all of its clicks, so later ones belong to this test.
        installation.Batches.Clear();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));

        await FollowAsync(replica, link.Code, Londoner, field);
        await installation.ClicksBecomeAsync(1);

        Place(installation, 0).ShouldBe(profiled ? ("GB", "England", "London", null) : ("GB", null, null, null));
        (installation.Clicks[0].Visitor is not null).ShouldBe(profiled);
    }

    [Fact]
    public async Task City_data_added_later_is_used_without_a_restart()
    {
        await using var installation = await StartAsync(fixture.Servers, withData: false);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await FollowAsync(replica, link.Code, Londoner);
        await installation.ClicksBecomeAsync(1);
        Place(installation, 0).ShouldBe((null, null, null, null));
        (await replica.HealthAsync()).ShouldContain("No city data: locations are unknown.");

        await WriteAsync(installation);
        var places = replica.Services.GetRequiredService<Places>();
        await Eventually.BecomesAsync(() => Task.FromResult(places.Find(System.Net.IPAddress.Parse(Londoner)).City), city => city == "London");
        await FollowAsync(replica, link.Code, Londoner);
        await installation.ClicksBecomeAsync(2);
        Place(installation, 1).ShouldBe(("GB", "England", "London", null));
    }

    private static (string? Country, string? Region, string? City, string? Network) Place(Installation installation, int index)
    {
        var click = installation.Clicks.OrderBy(click => click.At).ElementAt(index);
        return (click.Country, click.Region, click.City, click.Network);
    }

    private static async Task FollowAsync(ReplicaClient replica, string code, string address, string field = "X-Nothing: 0") =>
        RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, $"GET /{code} HTTP/1.1\r\nX-Forwarded-For: {address}\r\n{field}")).ShouldBe(302);

    private static async Task WriteAsync(Installation installation)
    {
        var folder = Directory.CreateDirectory(Path.Combine(installation.DataFolder, "geoip")).FullName;
        await File.WriteAllBytesAsync(
            Path.Combine(folder, "dbip-city-ipv4.mmdb"), new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")).ToArray());
        await File.WriteAllBytesAsync(
            Path.Combine(folder, "dbip-city-ipv6.mmdb"),
            new MmdbWriter { IpVersion = 6 }.With("2001:db8::/32", MmdbWriter.Place("DE", "Bavaria", "Munich")).ToArray());
    }

    internal static async Task<Installation> StartAsync(Servers servers, bool withData = true)
    {
        var installation = await Installation.StartAsync(servers);
        installation.Settings["ForwardedHeaders:KnownNetworks"] = "127.0.0.0/8, ::1/128";
        installation.Settings["GeoIp:CheckInterval"] = "00:00:00.050";
        var networks = Path.Combine(installation.DataFolder, "networks");
        await File.WriteAllTextAsync(networks, "192.0.2.0/24 monitor # ours\n");
        installation.Settings["Redirect:KnownNetworks"] = networks;
        if (withData)
        {
            await WriteAsync(installation);
        }

        return installation;
    }
}
