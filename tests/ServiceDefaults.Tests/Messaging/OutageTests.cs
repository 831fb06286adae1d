using System.Net;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Redis;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Tests.Messaging;

/// <summary>Servers of its own, because the tests stop them.</summary>
public sealed class FallibleServers : IAsyncLifetime
{
    public Servers Servers { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Servers = await Servers.StartAsync();

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}

public sealed class OutageTests(FallibleServers fallible) : IClassFixture<FallibleServers>
{
    // MassTransit's own pause between attempts to connect grows to ten seconds.
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(45);

    private readonly Servers _servers = fallible.Servers;

    [Fact]
    public async Task Nothing_is_lost_while_RabbitMQ_Redis_and_PostgreSQL_go_down_and_come_back()
    {
        var database = await _servers.CreateDatabaseAsync("outage");
        await using var service = await TestedService.StartAsync(
            app =>
            {
                app.MapGet("/things", async (NpgsqlDataSource source, CancellationToken cancellationToken) =>
                {
                    await using var command = source.CreateCommand("select count(*) from things");
                    return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
                }).AllowAnonymous();
                app.MapGet("/cached", async (IConnectionMultiplexer redis) => (string?)await redis.GetDatabase().StringGetAsync("key") ?? "nothing").AllowAnonymous();
            },
            builder =>
            {
                builder.Services.AddSingleton(new Handling());
                builder.AddNpgsqlDataSource("testdb");
                builder.AddMigrations(typeof(OutageTests).Assembly);
                builder.AddRedisClient("cache");
                builder.AddMessaging("messaging", bus => bus.AddConsumer<RemembersRemovals>());
                builder.AddOutbox();
            },
            settings:
            [
                ("ConnectionStrings:testdb", database),
                ("ConnectionStrings:cache", await _servers.NextRedisDatabaseAsync()),
                ("ConnectionStrings:messaging", await _servers.CreateVirtualHostAsync()),
            ]);
        await HealthBecomesAsync(service, 200, ("PostgreSql", "healthy"), ("StackExchange.Redis", "healthy"), ("RabbitMQ.Client", "healthy"));
        await service.CommitAsync(MessagingService.Event("before"));
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).SequenceEqual(["before"]));
        await service.Get<IConnectionMultiplexer>().GetDatabase().StringSetAsync("key", "value");

        // Without RabbitMQ changes are still made and events wait.
        await _servers.StopAsync(Servers.RabbitMq);
        await HealthBecomesAsync(service, 200, ("RabbitMQ.Client", "degraded"), ("PostgreSql", "healthy"));
        for (var i = 0; i < 20; i++)
        {
            await service.CommitAsync(MessagingService.Event($"meanwhile {i}"));
        }

        (await service.HandledAsync()).ShouldBe(["before"]);
        await _servers.StartAgainAsync(Servers.RabbitMq);
        await Eventually.PassesAsync(async () => (await service.HandledAsync()).Count.ShouldBe(21), Recovery);
        await HealthBecomesAsync(service, 200, ("RabbitMQ.Client", "healthy"));

        // Without Redis the service is degraded and responds at once.
        await _servers.StopAsync(Servers.Redis);
        await HealthBecomesAsync(service, 200, ("StackExchange.Redis", "degraded"));
        using (var cached = await service.Client.GetAsync("/cached").WaitAsync(TimeSpan.FromSeconds(10)))
        {
            await cached.ShouldBeProblemAsync(503, "unavailable");
        }

        await _servers.StartAgainAsync(Servers.Redis);
        await HealthBecomesAsync(service, 200, ("StackExchange.Redis", "healthy"));
        await Wait.HoldsAsync(async () => (await service.Client.GetAsync("/cached")).IsSuccessStatusCode);

        // Without PostgreSQL the service is not ready and requests get 503; the relay continues by itself afterwards.
        await _servers.StopAsync(Servers.Postgres);
        await HealthBecomesAsync(service, 503, ("PostgreSql", "unhealthy"));
        (await service.Client.GetAsync("/alive")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using (var things = await service.Client.GetAsync("/things"))
        {
            await things.ShouldBeProblemAsync(503, "unavailable");
        }

        await _servers.StartAgainAsync(Servers.Postgres);
        await HealthBecomesAsync(service, 200, ("PostgreSql", "healthy"));
        await service.CommitAsync(MessagingService.Event("after"));
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Contains("after"));
        (await service.HandledAsync()).Distinct().Count().ShouldBe(22);
        (await service.HandledAsync()).Count.ShouldBe(22);
    }

    [Fact]
    public async Task A_service_that_starts_before_its_servers_waits_for_them()
    {
        var database = await _servers.CreateDatabaseAsync("early");
        var broker = await _servers.CreateVirtualHostAsync();
        var cache = await _servers.NextRedisDatabaseAsync();
        await Task.WhenAll(_servers.StopAsync(Servers.Postgres), _servers.StopAsync(Servers.RabbitMq), _servers.StopAsync(Servers.Redis));

        var starting = TestedService.StartAsync(
            configure: builder =>
            {
                builder.Services.AddSingleton(new Handling());
                builder.AddNpgsqlDataSource("testdb");
                builder.AddMigrations(typeof(OutageTests).Assembly);
                builder.AddRedisClient("cache");
                builder.AddMessaging("messaging", bus => bus.AddConsumer<RemembersRemovals>());
                builder.AddOutbox();
            },
            settings: [("ConnectionStrings:testdb", database), ("ConnectionStrings:cache", cache), ("ConnectionStrings:messaging", broker)]);
        await Task.WhenAny(starting, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        starting.IsCompleted.ShouldBeFalse("without its database there is nothing that it could serve");

        await Task.WhenAll(_servers.StartAgainAsync(Servers.Postgres), _servers.StartAgainAsync(Servers.RabbitMq), _servers.StartAgainAsync(Servers.Redis));
        await using var service = await starting.WaitAsync(TimeSpan.FromSeconds(30));
        await HealthBecomesAsync(service, 200, ("PostgreSql", "healthy"), ("StackExchange.Redis", "healthy"), ("RabbitMQ.Client", "healthy"));
        await service.CommitAsync(MessagingService.Event("first"));
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).SequenceEqual(["first"]));
    }

    private static async Task HealthBecomesAsync(TestedService service, int status, params (string Check, string State)[] expected)
    {
        var last = "";
        await Eventually.PassesAsync(
            async () =>
            {
                using var response = await service.Client.GetAsync("/health");
                last = await response.Content.ReadAsStringAsync();
                ((int)response.StatusCode).ShouldBe(status, last);
                var checks = JsonNode.Parse(last)!["checks"]!;
                foreach (var (check, state) in expected)
                {
                    checks[check]?.GetValue<string>().ShouldBe(state, last);
                }
            },
            Recovery);
    }
}
