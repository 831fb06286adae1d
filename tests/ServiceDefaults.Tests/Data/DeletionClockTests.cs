using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Tests.Data;

public sealed class DeletionClockTests(ServersFixture fixture)
{
    private static readonly TimeSpan ToTheFirstRun = TimeSpan.FromMinutes(1);

    private ManualTime _time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task While_the_clocks_agree_old_rows_are_deleted()
    {
        await using var service = await StartAsync();

        _time.Advance(ToTheFirstRun);

        await Wait.HoldsAsync(async () => (await NamesAsync(service)).SequenceEqual(["by migration"]));
        (await DoubtAsync(service)).ShouldBeNull();
    }

    [Fact]
    public async Task A_service_whose_own_clock_jumps_deletes_nothing_and_reports_it()
    {
        _time = new ManualTime(TimeProvider.System.GetUtcNow().AddDays(365));
        await using var service = await StartAsync();

        _time.Advance(ToTheFirstRun);

        await Wait.HoldsAsync(async () => await DoubtAsync(service) is { } doubt && doubt.Contains("differ by 36"));
        (await NamesAsync(service)).ShouldBe(["by migration", "old"], ignoreOrder: true);
        service.Logs.Entries.ShouldContain(entry => entry.Level == LogLevel.Error && entry.Message.Contains("nothing is deleted because of its age"));
    }

    [Fact]
    public async Task After_a_jump_of_all_clocks_nothing_is_deleted_for_a_day()
    {
        await using var service = await StartAsync();
        // Without a reading in between, as after a restart with a wrong clock.
        await ExecuteAsync(service, "update deletion_clock set seen_at = seen_at - interval '25 hours'");

        _time.Advance(ToTheFirstRun);

        await Wait.HoldsAsync(async () => await DoubtAsync(service) is { } doubt && doubt.Contains("jumped"));
        (await NamesAsync(service)).Count.ShouldBe(2);
        (await TrustedInAsync(service)).ShouldBe(24, tolerance: 0.1);
        var clock = service.Get<DeletionClock>();
        (await clock.IsTrustedAsync(CancellationToken.None)).ShouldBeFalse("a second reading does not confirm it");
        await ExecuteAsync(service, "update deletion_clock set trusted_from = clock_timestamp()");
        (await clock.IsTrustedAsync(CancellationToken.None)).ShouldBeTrue("a day later");
        (await DoubtAsync(service)).ShouldBeNull();
    }

    [Theory]
    [InlineData("-1 hour", false)] // It was ahead before, or is behind now.
    [InlineData("-1 minute", true)]
    [InlineData("23 hours", true)] // A machine that is switched off for the night.
    public async Task A_clock_is_not_trusted_after_it_went_back_but_is_after_a_night(string moved, bool isTrusted)
    {
        await using var service = await StartAsync();
        await ExecuteAsync(service, $"update deletion_clock set seen_at = seen_at - interval '{moved}'");

        (await service.Get<DeletionClock>().IsTrustedAsync(CancellationToken.None)).ShouldBe(isTrusted);
    }

    private async Task<TestedService> StartAsync()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("testdb");
        var service = await TestedService.StartAsync(
            configure: builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(_time);
                builder.AddNpgsqlDataSource("testdb");
                builder.AddMigrations(typeof(DeletionClockTests).Assembly);
                builder.Services.AddHourlyCleanup(
                    "Old things", "delete from things where created_at < @Before", now => new { Before = now - TimeSpan.FromDays(30) });
            },
            settings: [("ConnectionStrings:testdb", database)]);
        await ExecuteAsync(service, "insert into things (name, created_at) values ('old', now() - interval '31 days')");
        await Wait.HoldsAsync(() => _time.Waiting.Contains(ToTheFirstRun));
        return service;
    }

    private static async Task<string?> DoubtAsync(TestedService service) =>
        (await service.Client.GetFromJsonAsync<JsonNode>("/health"))!["problems"]?["deletion clock"]?["why"]?.GetValue<string>();

    private static async Task<List<string>> NamesAsync(TestedService service)
    {
        await using var connection = await service.Get<NpgsqlDataSource>().OpenConnectionAsync();
        return (await connection.QueryAsync<string>("select name from things")).AsList();
    }

    private static async Task<double> TrustedInAsync(TestedService service)
    {
        await using var connection = await service.Get<NpgsqlDataSource>().OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<double>("select extract(epoch from trusted_from - clock_timestamp())::float8 / 3600 from deletion_clock");
    }

    private static async Task ExecuteAsync(TestedService service, string sql)
    {
        await using var connection = await service.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
