using System.Collections.Concurrent;
using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Clicks;
using LinkShort.Contracts;
using LinkShort.Testing;
using MassTransit;
using Npgsql;

namespace LinkShort.Analytics.Tests;

/// <summary>Batches in redirect's packed form, and those of the previous version.</summary>
public sealed class PackedClicksTests(AnalyticsFixture fixture)
{
    private readonly AnalyticsUnderTest _service = fixture.Service;

    [Fact]
    public async Task A_batch_published_many_times_in_both_forms_counts_once()
    {
        var link = await _service.KnownLinkAsync();
        Click[] clicks = [.. Enumerable.Range(0, 300).Select(i => Clicks.Of(link, visitor: i))];
        var batch = Guid.CreateVersion7();

        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => _service.PublishAsync(i % 2 == 0
            ? new ClicksRecorded(batch, []) { Packed = ClickBatch.Pack(clicks) }
            : new ClicksRecorded(batch, clicks))));
        await _service.CountedAsync(link.Workspace, link.Link, 300);
        await _service.PublishAsync(new ClicksRecorded(batch, clicks));
        await _service.RecordAsync(Clicks.Of(link, visitor: 1));

        var answer = await _service.CountedAsync(link.Workspace, link.Link, 301);
        answer.Totals.ShouldBe(new Totals(301, 300, 0));
        await _service.RolledUpAsync();
        (await _service.AnalyticsAsync(link.Workspace, link.Link)).Totals.Clicks.ShouldBe(301);
        (await _service.RowAsync("select count(*) from clicks where workspace_id = $1", link.Workspace)).ShouldBe(301L);
        (await _service.RowAsync("select count(distinct click_id) from clicks where workspace_id = $1", link.Workspace)).ShouldBe(301L);
    }

    [Fact]
    public async Task Places_and_variants_are_counted_and_visitors_who_ask_not_to_be_profiled_have_only_a_country()
    {
        var link = await _service.KnownLinkAsync();

        await _service.RecordPackedAsync(
            Clicks.Of(link) with { Country = "DE", Region = "Bavaria", City = "Munich", Variant = "A" },
            Clicks.Of(link) with { Country = "DE", Region = "Bavaria", City = "Munich", Variant = "B" },
            Clicks.Of(link, visitor: null) with { Country = "DE", Variant = "B" },
            Clicks.Of(link) with { Country = "FR", Region = "Île-de-France", City = "Saint-Denis/93" },
            Clicks.Of(link));

        var answer = await _service.CountedAsync(link.Workspace, link.Link, 5);
        answer.Variants.ShouldBe([new("B", 2), new("A", 1)]);
        answer.Geo.Keys.ShouldBe(["DE", "FR", "Unknown"], ignoreOrder: true);
        answer.Geo["DE"].ShouldBe(new Dictionary<string, long> { ["Munich"] = 2, ["Unknown"] = 1 }, ignoreOrder: true);
        answer.Geo["FR"]["Saint-Denis/93"].ShouldBe(1);
        answer.Geo["Unknown"]["Unknown"].ShouldBe(1);
        (await _service.RowAsync("select string_agg(region, ',' order by region) from clicks where workspace_id = $1", link.Workspace)).ShouldBe("Bavaria,Bavaria,Île-de-France");
        (await _service.RowAsync("select string_agg(variant, ',' order by variant) from clicks where workspace_id = $1", link.Workspace)).ShouldBe("A,B,B");
        (await _service.WorkspaceAnalyticsAsync(link.Workspace)).Variants.ShouldBe([new("B", 2), new("A", 1)]);
    }

    [Fact]
    public async Task Raw_clicks_contain_the_published_values()
    {
        var link = await _service.KnownLinkAsync();
        var at = new DateTimeOffset(2026, 11, 20, 23, 59, 59, 999, TimeSpan.Zero).AddTicks(9_990);
        var click = Clicks.Of(link, at, visitor: long.MinValue, referrer: "https://www.exämple.org/x") with { Country = "DE", City = "M\0ünchen", Variant = "\0x\n" };

        await _service.RecordPackedAsync(click);
        await _service.CountedAsync(link.Workspace, link.Link, 1);

        await using var source = NpgsqlDataSource.Create(_service.ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand(
            "select at, link_id, click_id, visitor, class, referrer, browser, os, device, language, country, region, city, variant from clicks where workspace_id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = link.Workspace });
        await using var reader = await command.ExecuteReaderAsync();
        (await reader.ReadAsync()).ShouldBeTrue();
        var row = new object[reader.FieldCount];
        reader.GetValues(row);
        row.ShouldBe([at.UtcDateTime, link.Link, click.ClickId, long.MinValue, (short)0, "xn--exmple-cua.org", "Firefox", "Linux", "Desktop", "de", "DE", DBNull.Value, "München", "x\n"]);
    }

    [Fact]
    public async Task A_poison_batch_goes_to_the_error_queue_and_delays_no_others()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        var poison = new ConcurrentBag<Guid>();
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(service.Broker);
            rabbit.ReceiveEndpoint("analytics-clicks-recorded_error", endpoint =>
            {
                endpoint.ConfigureConsumeTopology = false;
                endpoint.Handler<ClicksRecorded>(context =>
                {
                    poison.Add(context.Message.BatchId);
                    return Task.CompletedTask;
                });
            });
        });
        await bus.StartAsync();
        var whole = ClickBatch.Pack([.. Enumerable.Range(0, 50).Select(_ => Clicks.Of(link))]);
        byte[][] poisons = [[], [9], whole[..^1], [.. whole, 1], [1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], Convert.FromHexString("0101904E")];
        Guid[] ids = [.. poisons.Select(_ => Guid.CreateVersion7())];

        foreach (var (packed, id) in poisons.Zip(ids))
        {
            await service.PublishAsync(new ClicksRecorded(id, []) { Packed = packed });
            await service.RecordPackedAsync(Clicks.Of(link));
        }

        (await service.CountedAsync(link.Workspace, link.Link, poisons.Length)).Totals.Clicks.ShouldBe(poisons.Length);
        await Eventually.PassesAsync(() =>
        {
            poison.Order().ShouldBe(ids.Order());
            return Task.CompletedTask;
        });
        await bus.StopAsync();
    }

    [Fact]
    public async Task After_a_kill_the_roller_continues_and_counts_nothing_twice()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        await using var source = NpgsqlDataSource.Create(service.ConnectionString + ";Pooling=false");
        // A lock on the rollups stops the roller in the middle of its transaction, after it has added to the totals.
        await using var blocker = await source.OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var take = new NpgsqlCommand("lock table rollups in access exclusive mode", blocker, transaction))
        {
            await take.ExecuteNonQueryAsync();
        }

        for (var i = 0; i < 5; i++)
        {
            await service.RecordPackedAsync([.. Enumerable.Range(0, 100).Select(n => Clicks.Of(link, visitor: n))]);
        }

        // Raw clicks don't wait for the rollups.
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks where workspace_id = $1", link.Workspace)).ShouldBe(500L));
        await Eventually.PassesAsync(async () => (await WaitingAsync()).ShouldBeGreaterThan(0));
        for (var round = 0; round < 3; round++)
        {
            (await service.RowAsync("select count(pg_terminate_backend(pid)) from pg_locks where relation = 'rollups'::regclass and not granted")).ShouldBe(1L);
            await Eventually.PassesAsync(async () => (await WaitingAsync()).ShouldBeGreaterThan(0));
        }

        (await service.RowAsync("select count(*) from totals")).ShouldBe(0L);
        await transaction.RollbackAsync();

        var answer = await service.CountedAsync(link.Workspace, link.Link, 500);
        await service.RolledUpAsync();
        answer.Totals.ShouldBe(new Totals(500, 100, 0));
        (await service.AnalyticsAsync(link.Workspace, link.Link)).Totals.Clicks.ShouldBe(500);
        (await service.RowAsync("select clicks from totals where workspace_id = $1 and link_id = $2", link.Workspace, link.Link)).ShouldBe(500L);

        async Task<long> WaitingAsync() => (long)(await service.RowAsync("select count(*) from pg_locks where relation = 'rollups'::regclass and not granted"))!;
    }

    [Fact]
    public async Task A_service_killed_while_storing_has_stored_all_of_a_batch_or_nothing()
    {
        await using var service = await fixture.StartAnotherAsync();
        await service.AddReplicaAsync();
        var link = await service.KnownLinkAsync();
        using var stop = new CancellationTokenSource();
        // To PostgreSQL a kill means connections that end at any point, also between COPY and commit.
        var killing = Task.Run(async () =>
        {
            var killed = 0L;
            while (!stop.IsCancellationRequested)
            {
                killed += (long)(await service.RowAsync(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name <> 'test' and xact_start is not null"))!;
            }

            return killed;
        });

        for (var i = 0; i < 100; i++)
        {
            await service.RecordPackedAsync([.. Enumerable.Range(0, 200).Select(n => Clicks.Of(link, visitor: n))]);
        }

        await Eventually.BecomesAsync(() => service.RowAsync("select count(*) from clicks where workspace_id = $1", link.Workspace), count => (long)count! > 2_000);
        await stop.CancelAsync();
        (await killing).ShouldBeGreaterThan(5);

        await service.CountedAsync(link.Workspace, link.Link, 20_000, within: TimeSpan.FromSeconds(60));
        await service.RolledUpAsync();
        (await service.AnalyticsAsync(link.Workspace, link.Link)).Totals.ShouldBe(new Totals(20_000, 200, 0));
        (await service.RowAsync("select count(*) from clicks where workspace_id = $1", link.Workspace)).ShouldBe(20_000L);
        (await service.RowAsync("select count(distinct click_id) from clicks where workspace_id = $1", link.Workspace)).ShouldBe(20_000L);
    }
}
