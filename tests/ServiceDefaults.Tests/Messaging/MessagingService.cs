using System.Collections.Concurrent;
using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.ServiceDefaults.Tests.Messaging;

/// <summary>A service with an outbox, an inbox, and a consumer that writes to <c>things</c>.</summary>
internal static class MessagingService
{
    public static LinkRemoved Event(string code, long version = 1) => new(
        Guid.CreateVersion7(), Guid.CreateVersion7(), "", code, version, TimeProvider.System.GetUtcNow());

    public static async Task<TestedService> StartAsync(
        string database, string broker, bool relay = true, bool consume = true, Handling? handling = null, params (string Key, string Value)[] settings)
    {
        var service = await TestedService.StartAsync(
            app => app.MapParkedMessages(), Configure, settings: [("ConnectionStrings:testdb", database), ("ConnectionStrings:messaging", broker), .. settings]);
        // The service starts without its bus, but a test that publishes by itself needs the queues.
        await service.Get<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(20));
        return service;

        void Configure(WebApplicationBuilder builder)
        {
            builder.Services.AddSingleton(handling ?? new Handling());
            builder.AddNpgsqlDataSource("testdb");
            builder.AddMigrations(typeof(MessagingService).Assembly);
            builder.AddMessaging("messaging", bus =>
            {
                if (consume)
                {
                    bus.AddConsumer<RemembersRemovals>();
                }
            });
            if (relay)
            {
                builder.AddOutbox();
            }
        }
    }

    public static async Task CommitAsync(this TestedService service, params IEnumerable<object> events)
    {
        await using var work = await service.Get<Database>().BeginAsync(CancellationToken.None);
        foreach (var @event in events)
        {
            work.Publish(@event);
        }

        await work.CommitAsync(CancellationToken.None);
    }

    public static async Task<List<T>> QueryAsync<T>(this TestedService service, string sql)
    {
        await using var connection = await service.Get<Database>().OpenAsync(CancellationToken.None);
        return (await connection.QueryAsync<T>(sql)).AsList();
    }

    /// <summary>The rows of the consumers, without the one of the migration.</summary>
    public static Task<List<string>> HandledAsync(this TestedService service) =>
        service.QueryAsync<string>("select name from things where name <> 'by migration' order by position");
}

/// <summary>Makes handling fail, and counts the attempts.</summary>
internal sealed class Handling
{
    public ConcurrentQueue<string> Tries { get; } = new();

    public Func<string, int, bool> Fails { get; set; } = (_, _) => false;

    /// <summary>While true, handling fails with an outage.</summary>
    public bool IsOutage { get; set; }
}

internal sealed class RemembersRemovals(Database database, Handling handling) : InboxConsumer<LinkRemoved>(database)
{
    protected override async Task HandleAsync(LinkRemoved message, UnitOfWork work, CancellationToken cancellationToken)
    {
        handling.Tries.Enqueue(message.Code);
        await work.Connection.ExecuteAsync("insert into things (name) values (@Code)", new { message.Code }, work.Transaction);
        if (handling.IsOutage)
        {
            throw new DependencyUnavailableException("the warehouse");
        }

        if (handling.Fails(message.Code, handling.Tries.Count(code => code == message.Code)))
        {
            throw new InvalidTimeZoneException("on purpose");
        }
    }
}
