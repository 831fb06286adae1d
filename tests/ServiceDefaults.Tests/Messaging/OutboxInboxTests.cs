using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.Testing;
using MassTransit;
using Npgsql;

namespace LinkShort.ServiceDefaults.Tests.Messaging;

public sealed class OutboxInboxTests(ServersFixture fixture)
{
    [Fact]
    public async Task What_a_transaction_publishes_arrives_once_it_commits()
    {
        await using var service = await StartAsync();

        await service.CommitAsync(MessagingService.Event("committed"));

        await Wait.HoldsAsync(async () => (await service.HandledAsync()).SequenceEqual(["committed"]));
        await Wait.HoldsAsync(async () => (await service.QueryAsync<int>("select count(*)::int from outbox")).Single() == 0);
    }

    [Fact]
    public async Task What_a_transaction_publishes_never_leaves_if_it_does_not_commit()
    {
        await using var service = await StartAsync();

        await using (var work = await service.Get<Database>().BeginAsync(CancellationToken.None))
        {
            work.Publish(MessagingService.Event("given up"));
        }

        await service.CommitAsync(MessagingService.Event("later"));
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Contains("later"));
        (await service.HandledAsync()).ShouldBe(["later"]);
    }

    [Fact]
    public async Task A_failed_change_publishes_none_of_its_events()
    {
        await using var service = await StartAsync();
        await Should.ThrowAsync<PostgresException>(async () =>
        {
            await using var work = await service.Get<Database>().BeginAsync(CancellationToken.None);
            work.Publish(MessagingService.Event("of the failed change"));
            await work.Connection.ExecuteAsync("insert into things (name) values (null)", transaction: work.Transaction);
            await work.CommitAsync(CancellationToken.None);
        });

        await service.CommitAsync(MessagingService.Event("later"));
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Contains("later"));
        (await service.HandledAsync()).ShouldBe(["later"]);
    }

    [Fact]
    public async Task More_events_than_a_batch_arrive_all_each_once_from_two_relays_to_two_consumers()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("outbox");
        var broker = await fixture.Servers.CreateVirtualHostAsync();
        await using var first = await MessagingService.StartAsync(database, broker);
        await using var second = await MessagingService.StartAsync(database, broker);
        var codes = Enumerable.Range(0, 250).Select(i => $"c{i}").ToList();

        await Task.WhenAll(codes.Chunk(50).Select((chunk, i) => (i % 2 == 0 ? first : second).CommitAsync(chunk.Select(code => MessagingService.Event(code)))));

        await Wait.HoldsAsync(async () => (await first.HandledAsync()).Count >= codes.Count);
        (await first.HandledAsync()).ShouldBe(codes, ignoreOrder: true);
    }

    [Fact]
    public async Task A_relay_that_dies_between_publishing_and_deleting_publishes_again_and_it_counts_once()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("outbox");
        var broker = await fixture.Servers.CreateVirtualHostAsync();
        await using (var writer = await MessagingService.StartAsync(database, broker, relay: false, consume: false))
        {
            await writer.CommitAsync(Enumerable.Range(0, 5).Select(i => MessagingService.Event($"c{i}")));
        }

        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var blocker = await source.OpenConnectionAsync();
        await using var blocking = await blocker.BeginTransactionAsync();
        // A share lock lets the relay read and lock its rows, but not delete them: it stops between publishing and deleting.
        await blocker.ExecuteAsync("lock table outbox in share mode", transaction: blocking);

        var handling = new Handling();
        await using var service = await MessagingService.StartAsync(database, broker, handling: handling);
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Count == 5);
        // Not on the blocker's connection: within a transaction the view doesn't change.
        await using var watcher = await source.OpenConnectionAsync();
        await Wait.HoldsAsync(async () => await watcher.ExecuteScalarAsync<int>(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query like 'delete from outbox%' and wait_event_type = 'Lock'") > 0);
        await blocking.RollbackAsync();

        // Published a second time with the same ids, which the inbox contains, so nothing is handled twice.
        await Wait.HoldsAsync(async () => (await service.QueryAsync<int>("select count(*)::int from outbox")).Single() == 0);
        await service.CommitAsync(MessagingService.Event("last"));
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Contains("last"));
        (await service.HandledAsync()).ShouldBe(["c0", "c1", "c2", "c3", "c4", "last"], ignoreOrder: true);
    }

    [Fact]
    public async Task The_same_message_twice_is_handled_once()
    {
        await using var service = await StartAsync();
        var bus = service.Get<IBus>();
        var twice = MessagingService.Event("twice");
        var id = NewId.NextGuid();

        await bus.Publish(twice, context => context.MessageId = id);
        await bus.Publish(twice, context => context.MessageId = id);
        await bus.Publish(MessagingService.Event("after"));

        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Contains("after"));
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Contains("twice"));
        (await service.HandledAsync()).Order().ShouldBe(["after", "twice"]);
        (await service.QueryAsync<string>("select distinct consumer from inbox")).ShouldBe([nameof(RemembersRemovals)]);
    }

    [Fact]
    public async Task The_same_message_at_two_replicas_at_once_is_handled_once()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("inbox");
        var broker = await fixture.Servers.CreateVirtualHostAsync();
        await using var first = await MessagingService.StartAsync(database, broker);
        await using var second = await MessagingService.StartAsync(database, broker);
        var bus = first.Get<IBus>();
        for (var i = 0; i < 20; i++)
        {
            var id = NewId.NextGuid();
            var message = MessagingService.Event($"c{i}");
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => bus.Publish(message, context => context.MessageId = id)));
        }

        await Wait.HoldsAsync(async () => (await first.HandledAsync()).Distinct().Count() == 20);
        await bus.Publish(MessagingService.Event("last"));
        await Wait.HoldsAsync(async () => (await first.HandledAsync()).Contains("last"));
        (await first.HandledAsync()).Count.ShouldBe(21);
    }

    [Fact]
    public async Task A_handler_that_fails_leaves_nothing_behind_and_gets_the_message_again()
    {
        var handling = new Handling { Fails = (code, attempt) => code == "shaky" && attempt < 3 };
        await using var service = await StartAsync(handling);

        await service.CommitAsync(MessagingService.Event("shaky"));

        await Wait.HoldsAsync(async () => (await service.HandledAsync()).SequenceEqual(["shaky"]));
        handling.Tries.Count.ShouldBe(3);
        (await service.QueryAsync<int>("select count(*)::int from inbox")).ShouldBe([1]);
    }

    [Fact]
    public async Task A_message_that_can_never_be_handled_does_not_hold_up_the_others_and_leaves_nothing_behind()
    {
        var handling = new Handling { Fails = (code, _) => code == "poison" };
        await using var service = await StartAsync(handling);

        await service.CommitAsync(MessagingService.Event("poison"));
        await service.CommitAsync(MessagingService.Event("good"));

        await Wait.HoldsAsync(async () => (await service.HandledAsync()).SequenceEqual(["good"]));
        await Wait.HoldsAsync(() => handling.Tries.Count(code => code == "poison") == 4);
        await Wait.HoldsAsync(async () => (await service.QueryAsync<int>("select count(*)::int from inbox")).Single() == 1);
        (await service.HandledAsync()).ShouldBe(["good"]);
    }

    [Fact]
    public async Task Every_value_of_an_event_survives_the_outbox()
    {
        await using var service = await StartAsync();
        var snapshot = new LinkSnapshot(
            Guid.CreateVersion7(), Guid.CreateVersion7(), "go.example", "Zoë-🚀", "https://example.com/a%2Fb?q=\"'\\<>&é\u2028", 307,
            new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero).AddTicks(9), null, true, long.MaxValue, DateTimeOffset.MaxValue);
        await using var work = await service.Get<Database>().BeginAsync(CancellationToken.None);
        await Outbox.WriteAsync(work.Connection, work.Transaction, [new LinkChanged(snapshot)], CancellationToken.None);

        var (type, body) = await work.Connection.QuerySingleAsync<(string, string)>("select type, body::text from outbox", transaction: work.Transaction);

        Outbox.Read(type, body).Message.ShouldBe(new LinkChanged(snapshot));
    }

    private async Task<TestedService> StartAsync(Handling? handling = null) => await MessagingService.StartAsync(
        await fixture.Servers.CreateDatabaseAsync("messaging"), await fixture.Servers.CreateVirtualHostAsync(), handling: handling);
}
