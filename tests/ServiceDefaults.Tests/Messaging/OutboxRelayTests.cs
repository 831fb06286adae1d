using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.Testing;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Tests.Messaging;

public sealed class OutboxRelayTests(ServersFixture fixture)
{
    private const string DegradedAtOnce = "00:00:01";

    [Fact]
    public async Task An_event_without_a_queue_waits_and_is_delivered_once_a_queue_is_bound()
    {
        var (database, broker) = await NewAsync();
        await using var publisher = await MessagingService.StartAsync(database, broker, consume: false);

        await publisher.CommitAsync(MessagingService.Event("early"));
        await Wait.HoldsAsync(async () => (await publisher.QueryAsync<int>("select attempts from outbox")).Single() > 1);
        await using var consumer = await MessagingService.StartAsync(database, broker, relay: false);

        await Wait.HoldsAsync(async () => (await publisher.HandledAsync()).SequenceEqual(["early"]));
        await Wait.HoldsAsync(async () => await WaitingAsync(publisher) == 0);
        publisher.Logs.Entries.Count(entry => entry.Level == LogLevel.Warning && entry.Message.Contains("No queue is bound for LinkRemoved")).ShouldBe(1);
    }

    [Fact]
    public async Task Events_without_a_queue_hold_up_no_others()
    {
        var (database, broker) = await NewAsync();
        await using var service = await MessagingService.StartAsync(database, broker);

        // More than a batch of events without a queue, before the one with a queue.
        await service.CommitAsync([.. Enumerable.Range(0, 150).Select(_ => NoQueue()), MessagingService.Event("behind")]);

        await Wait.HoldsAsync(async () => (await service.HandledAsync()).SequenceEqual(["behind"]));
        await Wait.HoldsAsync(async () => (await service.QueryAsync<bool>("select min(attempts) > 1 and count(*) = 150 from outbox")).Single());
        await service.CommitAsync(MessagingService.Event("later"));
        await Wait.HoldsAsync(async () => (await service.HandledAsync()).Contains("later"));
        // The relay deletes the event after the broker has delivered it.
        await Wait.HoldsAsync(async () => await WaitingAsync(service) == 150);
    }

    [Fact]
    public async Task An_event_that_no_service_consumes_by_design_leaves_without_a_queue()
    {
        var (database, broker) = await NewAsync();
        await using var service = await MessagingService.StartAsync(database, broker);

        await service.CommitAsync(new WorkspaceCreated(Guid.CreateVersion7(), Guid.CreateVersion7(), "Team", TimeProvider.System.GetUtcNow()), NoQueue());

        await Wait.HoldsAsync(async () => (await service.QueryAsync<string>("select type from outbox where attempts > 0")).SequenceEqual([nameof(UserErased)]));
        (await WaitingAsync(service)).ShouldBe(1);
    }

    [Fact]
    public async Task Events_that_this_version_cannot_read_are_parked_and_the_others_pass()
    {
        var (database, broker) = await NewAsync();
        await using var service = await MessagingService.StartAsync(database, broker);
        using var parked = new Recorded(service, "linkshort.outbox.parked");

        await service.QueryAsync<long>(
            """
            insert into outbox (message_id, type, body)
            values (gen_random_uuid(), 'LinkTeleported', '{"LinkId": 1}'), (gen_random_uuid(), 'LinkRemoved', '{"LinkId": "no id"}'), (gen_random_uuid(), 'LinkRemoved', 'null')
            returning position
            """);
        await service.CommitAsync(MessagingService.Event("behind"));

        await Wait.HoldsAsync(async () => (await service.HandledAsync()).SequenceEqual(["behind"]));
        // The relay commits and reports after the broker has delivered the event.
        await Wait.HoldsAsync(() => parked.Sum == 3 && Errors(service).Count == 2);
        (await service.QueryAsync<string>("select type || ': ' || parked_because from outbox where parked_at is not null order by position")).ShouldSatisfyAllConditions(
            reasons => reasons.Count.ShouldBe(3),
            reasons => reasons[0].ShouldBe("LinkTeleported: The outbox holds a LinkTeleported, which Contracts doesn't know."),
            reasons => reasons[1].ShouldContain("$.LinkId"),
            reasons => reasons[2].ShouldContain("without a body"));
        parked.Sum.ShouldBe(3);
        Errors(service).ShouldSatisfyAllConditions(
            errors => errors.Count.ShouldBe(2),
            errors => errors.ShouldContain(message => message.StartsWith("Parked 1 LinkTeleported", StringComparison.Ordinal)),
            errors => errors.ShouldContain(message => message.StartsWith("Parked 2 LinkRemoved", StringComparison.Ordinal)));
        await Wait.HoldsAsync(async () => await HealthAsync(service) == ("degraded", "3 events in the outbox are parked: this version can't read them."));
    }

    [Fact]
    public async Task A_parked_event_leaves_at_the_start_of_a_version_that_can_read_it()
    {
        var (database, broker) = await NewAsync();
        await using (var older = await MessagingService.StartAsync(database, broker))
        {
            await older.CommitAsync(MessagingService.Event("from the future"));
            await Wait.HoldsAsync(async () => (await older.HandledAsync()).Count == 1);
            await older.QueryAsync<long>(
                "insert into outbox (message_id, type, body) select gen_random_uuid(), t, '{}' from unnest(array['LinkTeleported', 'LinkBroken']) t returning position");
            await Wait.HoldsAsync(async () => (await older.QueryAsync<bool>("select count(parked_at) = 2 from outbox")).Single());
            // The newer version knows this type.
            await older.QueryAsync<long>(
                $$"""
                update outbox set type = 'LinkRemoved',
                    body = '{"LinkId": "{{Guid.CreateVersion7()}}", "WorkspaceId": "{{Guid.CreateVersion7()}}", "Domain": "", "Code": "understood", "Version": 1, "RemovedAt": "2026-11-29T00:00:00Z"}'
                where type = 'LinkTeleported' returning position
                """);
        }

        await using var newer = await MessagingService.StartAsync(database, broker);

        await Wait.HoldsAsync(async () => (await newer.HandledAsync()).Contains("understood"));
        await Wait.HoldsAsync(async () => (await newer.QueryAsync<string>("select type from outbox where parked_at is not null")).SequenceEqual(["LinkBroken"]));
        (await WaitingAsync(newer)).ShouldBe(1);
        Errors(newer).ShouldBeEmpty("That it is parked was logged when it was.");
    }

    [Fact]
    public async Task A_backlog_that_is_too_old_is_measured_and_degrades_health_in_words()
    {
        var (database, broker) = await NewAsync();
        await using var service = await MessagingService.StartAsync(database, broker, settings: [("Outbox:DegradedAfter", DegradedAtOnce)]);
        await Wait.HoldsAsync(async () => await HealthAsync(service) == ("healthy", null));

        await service.CommitAsync(NoQueue(), NoQueue(), NoQueue());

        await Wait.HoldsAsync(async () => (await HealthAsync(service)).State == "degraded");
        (await HealthAsync(service)).Why.ShouldNotBeNull().ShouldMatch(@"^3 events wait in the outbox, the oldest since (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC\.$");
        using var entries = new Recorded(service, "linkshort.backlog.entries");
        using var age = new Recorded(service, "linkshort.backlog.age");
        entries.Observe("outbox").ShouldBe(3);
        age.Observe("outbox").ShouldBeInRange(1, 600);
    }

    [Fact]
    public async Task An_invalid_limit_stops_the_start()
    {
        var (database, broker) = await NewAsync();

        var error = await Should.ThrowAsync<Microsoft.Extensions.Options.OptionsValidationException>(
            () => MessagingService.StartAsync(database, broker, settings: [("Outbox:DegradedAfter", "00:00:00")]));

        error.Message.ShouldBe("Setting Outbox__DegradedAfter: must be from 00:00:01 to 7.00:00:00, e.g. 00:05:00.");
    }

    /// <summary>The service of these tests has no consumer for it.</summary>
    private static UserErased NoQueue() => new(Guid.CreateVersion7(), Guid.CreateVersion7(), [], TimeProvider.System.GetUtcNow());

    private async Task<(string Database, string Broker)> NewAsync() =>
        (await fixture.Servers.CreateDatabaseAsync("outbox"), await fixture.Servers.CreateVirtualHostAsync());

    private static async Task<int> WaitingAsync(TestedService service) => (await service.QueryAsync<int>("select count(*)::int from outbox")).Single();

    private static List<string> Errors(TestedService service) =>
        [.. service.Logs.Entries.Where(entry => entry.Level == LogLevel.Error && entry.Category == typeof(OutboxRelay).FullName).Select(entry => entry.Message)];

    private static async Task<(string State, string? Why)> HealthAsync(TestedService service)
    {
        using var response = await service.Client.GetAsync("/health");
        ((int)response.StatusCode).ShouldBe(200, "A backlog is no reason to take a service out.");
        var health = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        return (health["checks"]!["outbox"]!.GetValue<string>(), health["problems"]?["outbox"]?["why"]!.GetValue<string>());
    }

    /// <summary>Measurements of an instrument of a service.</summary>
    private sealed class Recorded : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(double Value, string? Backlog)> _values = new();

        public Recorded(TestedService service, string instrument)
        {
            var factory = service.Get<IMeterFactory>();
            _listener.InstrumentPublished = (published, listener) =>
            {
                if (published.Name == instrument && ReferenceEquals(published.Meter.Scope, factory))
                {
                    listener.EnableMeasurementEvents(published);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Keep(value, tags));
            _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Keep(value, tags));
            _listener.Start();
        }

        public double Sum => _values.Sum(measured => measured.Value);

        public double Observe(string backlog)
        {
            _listener.RecordObservableInstruments();
            return _values.Last(measured => measured.Backlog == backlog).Value;
        }

        public void Dispose() => _listener.Dispose();

        private void Keep(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            _values.Enqueue((value, tags.Length == 0 ? null : tags[0].Value as string));
    }
}
