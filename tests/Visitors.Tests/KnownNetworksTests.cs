using System.Net;
using LinkShort.Testing;
using LinkShort.Visitors.Networks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.Visitors.Tests;

public sealed class KnownNetworksTests : IAsyncDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"linkshort-networks-{Guid.NewGuid():N}");
    private readonly LogLines _log = new();
    private readonly List<KnownNetworks> _started = [];

    [Theory]
    [InlineData("66.249.66.1", ClickClass.Crawler)] // Googlebot, from Google's own documentation
    [InlineData("2001:4860:4801:10::1", ClickClass.Crawler)]
    [InlineData("157.55.39.84", ClickClass.Crawler)]
    [InlineData("::ffff:157.55.39.84", ClickClass.Crawler)]
    [InlineData("17.241.227.10", ClickClass.Crawler)]
    [InlineData("31.13.127.5", ClickClass.Preview)]
    [InlineData("2a03:2880:11ff:5::face:b00c", ClickClass.Preview)]
    [InlineData("199.59.150.171", ClickClass.Preview)]
    [InlineData("149.154.161.20", ClickClass.Preview)]
    [InlineData("64.235.154.109", ClickClass.Scanner)]
    [InlineData("67.231.144.1", ClickClass.Scanner)]
    [InlineData("205.139.111.255", ClickClass.Scanner)]
    [InlineData("66.249.80.1", null)] // Google's proxies for people
    [InlineData("64.235.160.0", null)]
    [InlineData("64.235.143.255", null)]
    [InlineData("8.8.8.8", null)]
    [InlineData("0.0.0.0", null)]
    [InlineData("255.255.255.255", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("::1", null)]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", null)]
    public async Task Published_networks_are_known(string address, ClickClass? expected) =>
        (await StartAsync(null)).Find(IPAddress.Parse(address)).ShouldBe(expected);

    [Fact]
    public void Ranges_agree_with_a_linear_search()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            // Blocks in small ranges, so that many are nested or at the ends.
            var networks = Enumerable.Range(0, random.Next(1, 12)).Select(_ =>
            {
                var length = random.Next(24, 33);
                var block = (uint)random.Next(256) & (uint.MaxValue << (32 - length));
                var first = random.Next(3) switch { 0 => 0u, 1 => 0xFFFF_FF00u, _ => 0xC000_0200u };
                return (Network: new IPNetwork(Address(first + (block & 0xFF)), length), Class: (ClickClass)random.Next(0, 7));
            }).ToList();
            var table = new NetworkTable(networks);
            foreach (var first in new[] { 0u, 0xFFFF_FF00u, 0xC000_0200u })
            {
                for (var last = 0u; last < 256; last++)
                {
                    var address = Address(first + last);
                    var expected = networks.Select((row, index) => (row, index)).Where(entry => entry.row.Network.Contains(address))
                        .OrderByDescending(entry => entry.row.Network.PrefixLength).ThenByDescending(entry => entry.index)
                        .Select(entry => (ClickClass?)entry.row.Class).FirstOrDefault();
                    table.Find(address).ShouldBe(expected == ClickClass.Human ? null : expected, $"round {round}, {address}");
                }
            }
        }

        static IPAddress Address(uint value) => new([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);
    }

    [Fact]
    public async Task An_operators_file_extends_and_overrides_and_is_read_again()
    {
        await File.WriteAllTextAsync(
            _path, "# ours\n192.0.2.0/24 monitor\n\n2001:db8::/32\tscanner # a lab\n66.249.66.77/24 human\n198.51.100.7 tool\n", TestContext.Current.CancellationToken);
        var networks = await StartAsync(_path);
        Find("192.0.2.1").ShouldBe(ClickClass.Monitor);
        Find("2001:db8::1").ShouldBe(ClickClass.Scanner);
        Find("66.249.66.1").ShouldBeNull();
        Find("66.249.67.1").ShouldBe(ClickClass.Crawler);
        Find("198.51.100.7").ShouldBe(ClickClass.Tool);
        Find("198.51.100.8").ShouldBeNull();

        await File.WriteAllTextAsync(_path, "198.51.100.0/24 crawler\n", TestContext.Current.CancellationToken);
        await Eventually.PassesAsync(() => Task.FromResult(Find("198.51.100.8").ShouldBeAnd<ClickClass?>(ClickClass.Crawler)));
        Find("192.0.2.1").ShouldBeNull();

        ClickClass? Find(string address) => networks.Find(IPAddress.Parse(address));
    }

    [Fact]
    public async Task Invalid_lines_of_a_changed_file_are_logged_and_the_previous_networks_stay()
    {
        await File.WriteAllTextAsync(_path, "192.0.2.0/24 monitor\n", TestContext.Current.CancellationToken);
        var networks = await StartAsync(_path);
        await File.WriteAllTextAsync(_path, "192.0.2.0/24 crawler\n192.0.2.0/33 crawler\n\n203.0.113.0/24 martian\n", TestContext.Current.CancellationToken);
        await Eventually.PassesAsync(() => Task.FromResult(_log.Lines.ShouldContainAnd("can't be used")));
        var line = _log.Lines.Single();
        line.ShouldContain("line 2: '192.0.2.0/33' is not a network");
        line.ShouldContain("line 4: 'martian' is not a class");
        networks.Find(IPAddress.Parse("192.0.2.1")).ShouldBe(ClickClass.Monitor);
    }

    [Theory]
    [InlineData("192.0.2.0/24\n", "line 1: write a network and a class")]
    [InlineData("# fine\nnonsense crawler\n", "line 2: 'nonsense' is not a network")]
    [InlineData(null, "Name a file with lines like")]
    public async Task An_invalid_file_stops_the_start_with_the_reason(string? text, string message)
    {
        if (text is not null)
        {
            await File.WriteAllTextAsync(_path, text, TestContext.Current.CancellationToken);
        }

        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Redirect:KnownNetworks", _path), new("LINKSHORT_DATA", Path.GetTempPath())]);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddVisitors();
        using var host = builder.Build();
        var refused = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        refused.Message.ShouldContain("Setting Redirect__KnownNetworks: " + _path);
        refused.Message.ShouldContain(message);
    }

    [Fact]
    public async Task Finding_a_network_allocates_nothing()
    {
        var networks = await StartAsync(null);
        IPAddress[] addresses = [.. new[] { "66.249.66.1", "8.8.8.8", "::ffff:31.13.127.5", "2a03:2880::1", "2001:db8::1" }.Select(IPAddress.Parse)];
        Allocations.Of(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                foreach (var address in addresses)
                {
                    networks.Find(address);
                }
            }
        }).ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var networks in _started)
        {
            await networks.StopAsync(CancellationToken.None);
            networks.Dispose();
        }

        File.Delete(_path);
    }

    private async Task<KnownNetworks> StartAsync(string? path)
    {
        var options = new NetworkOptions { KnownNetworks = path, KnownNetworksInterval = TimeSpan.FromMilliseconds(20) };
        var networks = new KnownNetworks(Options.Create(options), TimeProvider.System, _log.For<KnownNetworks>());
        _started.Add(networks);
        await networks.StartAsync(TestContext.Current.CancellationToken);
        return networks;
    }
}
