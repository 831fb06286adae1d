using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.Testing;
using MassTransit;
using RabbitMQ.Client;

namespace LinkShort.ServiceDefaults.Tests.Messaging;

public sealed class ParkedMessagesTests(ServersFixture fixture)
{
    private const string Queue = "tested-remembers-removals";

    [Fact]
    public async Task A_message_that_can_not_be_handled_is_parked_with_its_reason_and_every_replica_shows_it()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("parked");
        var broker = await fixture.Servers.CreateVirtualHostAsync();
        var handling = new Handling { Fails = (code, _) => code == "poison" };
        await using var service = await MessagingService.StartAsync(database, broker, handling: handling);
        var counted = new ConcurrentQueue<long>();
        using var listener = Listen(service, "linkshort.messaging.parked", counted);

        await service.CommitAsync(MessagingService.Event("poison"), MessagingService.Event("good"));

        var parked = (await ParkedAsync(service, 1)).ShouldHaveSingleItem();
        parked.Queue.ShouldBe(Queue);
        parked.MessageId.ShouldNotBeNull();
        parked.Type.ShouldBe(nameof(LinkRemoved));
        parked.Reason.ShouldContain("on purpose");
        parked.ParkedAt.ShouldNotBeNull().ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
        handling.Tries.Count(code => code == "poison").ShouldBe(4);
        counted.Sum().ShouldBe(1);
        (await service.HandledAsync()).ShouldBe(["good"]);

        var why = $"1 message could not be handled and is parked: 1 in {Queue} since {parked.ParkedAt.Value.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}. ./linkshort parked lists them.";
        await Eventually.PassesAsync(async () => (await ProblemAsync(service)).ShouldBe(why));
        await using var replica = await MessagingService.StartAsync(database, broker, handling: handling);
        await Eventually.PassesAsync(async () => (await ProblemAsync(replica)).ShouldBe(why));
        using var waiting = Listen(replica, "linkshort.messaging.parked.waiting", counted);
        waiting.RecordObservableInstruments();
        counted.Last().ShouldBe(1);
    }

    [Fact]
    public async Task A_parked_message_that_is_put_back_is_handled_once_and_the_others_stay()
    {
        var handling = new Handling { Fails = (code, _) => code.StartsWith("poison", StringComparison.Ordinal) };
        await using var service = await StartAsync(handling);
        foreach (var code in new[] { "poison 1", "poison 2", "poison 3" })
        {
            await service.CommitAsync(MessagingService.Event(code));
            await Wait.HoldsAsync(() => handling.Tries.Count(tried => tried == code) == 4);
        }

        var before = await ParkedAsync(service, 3);
        handling.Fails = (_, _) => false;
        (await ChangeAsync(service, HttpMethod.Post, $"/retry?queue={Queue}&id={before[1].MessageId}")).ShouldBe(1);

        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Count > 0);
        (await service.HandledAsync()).ShouldBe(["poison 2"]);
        (await ParkedAsync(service, 2)).Select(message => message.MessageId).ShouldBe([before[0].MessageId, before[2].MessageId]);

        (await ChangeAsync(service, HttpMethod.Post, "/retry")).ShouldBe(2);
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Count == 3);
        (await ParkedAsync(service, 0)).ShouldBeEmpty();
        await Eventually.PassesAsync(async () => (await ProblemAsync(service)).ShouldBeNull());
    }

    [Fact]
    public async Task A_message_that_fails_again_is_parked_again_and_one_that_is_dropped_is_gone()
    {
        var handling = new Handling { Fails = (code, _) => code == "poison" };
        await using var service = await StartAsync(handling);
        await service.CommitAsync(MessagingService.Event("poison"));
        var parked = (await ParkedAsync(service, 1)).Single();

        (await ChangeAsync(service, HttpMethod.Post, $"/retry?queue={Queue}")).ShouldBe(1);
        await Wait.HoldsAsync(() => handling.Tries.Count == 8);
        (await ParkedAsync(service, 1)).Single().MessageId.ShouldBe(parked.MessageId);

        (await ChangeAsync(service, HttpMethod.Delete, $"?id={parked.MessageId}")).ShouldBe(1);
        (await ParkedAsync(service, 0)).ShouldBeEmpty();
        using var again = await SendAsync(service, HttpMethod.Delete, $"?id={parked.MessageId}");
        await again.ShouldBeProblemAsync(404, "not-found");
        handling.Fails = (_, _) => false;
        (await ChangeAsync(service, HttpMethod.Post, "/retry")).ShouldBe(0);
        (await service.HandledAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task In_an_outage_a_message_returns_to_its_queue_any_number_of_times_and_none_is_parked()
    {
        var handling = new Handling { IsOutage = true };
        await using var service = await StartAsync(handling, ("Messaging:OutageRetries", "1"));

        await service.CommitAsync(MessagingService.Event("patient"));

        // Two attempts before it returns to the queue: this was five times.
        await Wait.HoldsAsync(() => handling.Tries.Count > 10);
        (await ParkedAsync(service, 0)).ShouldBeEmpty();
        (await service.HandledAsync()).ShouldBeEmpty();
        handling.IsOutage = false;
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).SequenceEqual(["patient"]));
        (await ParkedAsync(service, 0)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_foreign_message_or_one_without_a_consumer_is_parked_too()
    {
        var broker = await fixture.Servers.CreateVirtualHostAsync();
        await using var service = await MessagingService.StartAsync(await fixture.Servers.CreateDatabaseAsync("parked"), broker);

        await using (var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
        {
            await channel.BasicPublishAsync(exchange: "", routingKey: Queue, mandatory: true, new BasicProperties(), "nonsense"u8.ToArray());
        }

        var unreadable = (await ParkedAsync(service, 1)).Single();
        (unreadable.Queue, unreadable.MessageId, unreadable.Type).ShouldBe((Queue, null, null));
        unreadable.ParkedAt.ShouldNotBeNull();
        (await ChangeAsync(service, HttpMethod.Delete, $"?queue={Queue}")).ShouldBe(1);

        var endpoint = await service.Get<IBus>().GetSendEndpoint(new Uri($"queue:{Queue}"));
        await endpoint.Send(new ExportClosed(Guid.CreateVersion7()));
        var skipped = (await ParkedAsync(service, 1)).Single();
        skipped.Type.ShouldBe(nameof(ExportClosed));
        skipped.Reason.ShouldContain("No consumer");
    }

    [Fact]
    public async Task Only_the_internal_key_grants_access_to_parked_messages_and_bad_parameters_are_named()
    {
        await using var service = await StartAsync(new Handling());

        using (var anonymous = await service.Client.GetAsync("/internal/parked-messages"))
        {
            anonymous.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using (var nothing = await SendAsync(service, HttpMethod.Delete, ""))
        {
            await nothing.ShouldBeInvalidAsync("queue");
        }

        using (var limit = await SendAsync(service, HttpMethod.Get, "?limit=0"))
        {
            await limit.ShouldBeInvalidAsync("limit");
        }

        using var unknown = await SendAsync(service, HttpMethod.Post, "/retry?queue=other");
        (await unknown.ShouldBeProblemAsync(404, "not-found"))["detail"]!.GetValue<string>().ShouldContain(Queue);
        using var table = await SendAsync(service, HttpMethod.Get, "?format=text");
        (await table.Content.ReadAsStringAsync()).ShouldStartWith("QUEUE");
    }

    private async Task<TestedService> StartAsync(Handling handling, params (string Key, string Value)[] settings) => await MessagingService.StartAsync(
        await fixture.Servers.CreateDatabaseAsync("parked"), await fixture.Servers.CreateVirtualHostAsync(), handling: handling, settings: settings);

    private static MeterListener Listen(TestedService service, string instrument, ConcurrentQueue<long> into)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (published, listening) =>
            {
                if (published.Name == instrument && published.Meter.Scope == service.Get<IMeterFactory>())
                {
                    listening.EnableMeasurementEvents(published);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            tags.ToArray().ShouldContain(new KeyValuePair<string, object?>("queue", Queue));
            into.Enqueue(value);
        });
        listener.Start();
        return listener;
    }

    private static async Task<HttpResponseMessage> SendAsync(TestedService service, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, "/internal/parked-messages" + path);
        request.Headers.Add("X-Internal-Key", TestedService.InternalKey);
        return await service.Client.SendAsync(request);
    }

    private static async Task<int> ChangeAsync(TestedService service, HttpMethod method, string path)
    {
        using var response = await SendAsync(service, method, path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<ParkedMessagesEndpoints.Done>())!.Messages;
    }

    /// <summary>Waits until this number of messages is parked.</summary>
    private static async Task<IReadOnlyList<ParkedMessage>> ParkedAsync(TestedService service, int count) => (await Eventually.BecomesAsync(
        async () =>
        {
            using var response = await SendAsync(service, HttpMethod.Get, "");
            response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
            return (await response.Content.ReadFromJsonAsync<ParkedMessagesEndpoints.List>())!;
        },
        list => list.Total == count && list.Items.Count == count)).Items;

    /// <summary>Waits for health's report about parked messages; null for none.</summary>
    private static async Task<string?> ProblemAsync(TestedService service)
    {
        using var response = await service.Client.GetAsync("/health");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var health = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        var problem = health["problems"]?["parked messages"]?["why"]?.GetValue<string>();
        health["checks"]!["parked messages"]!.GetValue<string>().ShouldBe(problem is null ? "healthy" : "degraded");
        return problem;
    }
}
