using System.Buffers.Binary;
using System.Net;
using LinkShort.Clicks;
using LinkShort.Redirect.Clicks;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Tests;

/// <summary>Spools that a process left, and how the next one publishes them.</summary>
public sealed class SpoolDrainTests(ServersFixture fixture)
{
    private const int SegmentSize = 1 << 16;
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 8, 30, 0, TimeSpan.Zero);

    [Fact]
    public async Task Clicks_wait_in_the_spool_until_analytics_has_a_queue_for_them()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers, listens: false);
        var replica = await installation.AddReplicaAsync();
        var link = Installation.Link(Installation.NewCode());
        installation.Links.Links[link.Code] = link;
        (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);
        // The cursor is written before a batch is published for the first time.
        await Eventually.PassesAsync(async () =>
        {
            await using var cursor = new FileStream(
                Directory.GetFiles(installation.DataFolder, "cursor", SearchOption.AllDirectories).ShouldHaveSingleItem(), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            cursor.Length.ShouldBeGreaterThan(0);
        });

        await installation.ListenAsync();

        await installation.ClicksBecomeAsync(1);
        installation.Clicks.ShouldHaveSingleItem().LinkId.ShouldBe(link.LinkId);
    }

    [Fact]
    public async Task After_a_kill_between_confirm_and_cursor_the_same_batches_are_published_again()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var ids = LeaveSpool(installation, 3_000, out var places);
        var segments = places.GroupBy(place => place.Segment).Select(segment => segment.ToArray()).ToArray();
        segments.Length.ShouldBeGreaterThan(3);
        // The killed process had sent two batches of the second segment, whether or not the broker confirmed them.
        var (first, second, rest) = (segments[1][100], segments[1][150], segments[1][320]);
        var folder = Directory.GetDirectories(Path.Combine(installation.DataFolder, "spool")).ShouldHaveSingleItem();
        File.Delete(Path.Combine(folder, $"{segments[0][0].Segment:x16}.seg"));
        using (var cursor = new SpoolCursor(Path.Combine(folder, "cursor")))
        {
            cursor.Move(new SpoolPosition(first.Segment, first.Offset));
            cursor.Decide(first.Segment, first.Offset, second.Offset);
            cursor.Decide(first.Segment, first.Offset, rest.Offset);
        }

        await installation.AddReplicaAsync();

        await installation.ClicksBecomeAsync(3_000 - segments[0].Length - 100);
        var batches = installation.Batches.Select(batch => batch.BatchId).ToArray();
        batches.ShouldContain(ids.Batch(first.At, first.Segment, first.Offset, second.Offset));
        batches.ShouldContain(ids.Batch(second.At, second.Segment, second.Offset, rest.Offset));
        batches.Distinct().Count().ShouldBe(batches.Length);
        // Every click once, with the id of its position; oldest segment first.
        var expected = places.Skip(segments[0].Length + 100).Select(place => ids.Click(place.At, place.Segment, place.Offset)).ToArray();
        installation.Clicks.Select(click => click.ClickId).ShouldBe(expected, ignoreOrder: true);
        var segmentOf = places.ToDictionary(place => place.At, place => place.Segment);
        installation.Clicks.Select(click => segmentOf[click.At]).ShouldBeInOrder();
        await Eventually.BecomesAsync(() => Task.FromResult(Directory.Exists(folder)), exists => !exists);
    }

    [Fact]
    public async Task The_same_spool_always_gives_the_same_batches()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        LeaveSpool(installation, 2_500, out _);
        var folder = Directory.GetDirectories(Path.Combine(installation.DataFolder, "spool")).ShouldHaveSingleItem();
        var copy = Directory.CreateTempSubdirectory("spool-copy-").FullName;
        foreach (var file in Directory.GetFiles(folder))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
        }

        await installation.AddReplicaAsync();
        await installation.ClicksBecomeAsync(2_500);
        await Eventually.BecomesAsync(() => Task.FromResult(Directory.Exists(folder)), exists => !exists);
        var batches = installation.Batches.Count;

        // As on a machine that lost its last seconds.
        Directory.Move(copy, folder);
        await Eventually.BecomesAsync(() => Task.FromResult(installation.Batches.Count), count => count == 2 * batches);

        installation.Batches.DistinctBy(batch => batch.BatchId).Count().ShouldBe(batches);
        installation.Clicks.Count.ShouldBe(2_500);
    }

    [Fact]
    public async Task Clicks_of_the_previous_version_and_around_damage_are_published()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        LeaveSpool(installation, 100, out var places);
        var folder = Directory.GetDirectories(Path.Combine(installation.DataFolder, "spool")).ShouldHaveSingleItem();
        using (var before = SpoolSegment.Create(folder, 2, Guid.Empty, SegmentSize))
        {
            var record = new byte[57 + 5];
            for (var i = 0; i < 50; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(record, Start.AddSeconds(i).UtcTicks);
                record.AsSpan(49).Fill(0xFF);
                BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(49), 5);
                "agent"u8.CopyTo(record.AsSpan(57));
                before.TryAppend(record).ShouldBeTrue();
            }
        }

        Patch(SpoolSegment.PathOf(folder, 2), 7, (byte)'1');
        Patch(SpoolSegment.PathOf(folder, 1), places[40].Offset + 20, 0xFF);

        await installation.AddReplicaAsync();

        await installation.ClicksBecomeAsync(99 + 50);
        installation.Clicks.Count(click => click.UserAgent == "agent").ShouldBe(50);
        await Eventually.BecomesAsync(() => Task.FromResult(Directory.Exists(folder)), exists => !exists);
    }

    [Fact]
    public async Task A_full_spool_drops_clicks_answers_every_visitor_and_degrades_health()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        // The minimum that the settings allow, and nothing is published.
        installation.Settings["Redirect:SpoolQuotaBytes"] = (1 << 20).ToString(System.Globalization.CultureInfo.InvariantCulture);
        installation.Settings["Redirect:SpoolSegmentBytes"] = SegmentSize.ToString(System.Globalization.CultureInfo.InvariantCulture);
        installation.Settings["Redirect:PublishInterval"] = "1.00:00:00";
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination);
        var telemetry = replica.Services.GetRequiredService<RedirectTelemetry>();

        for (var i = 0; telemetry.ClicksNotKept < 10; i++)
        {
            i.ShouldBeLessThan(2_000);
            using var request = new HttpRequestMessage(HttpMethod.Get, "/" + link.Code);
            request.Headers.TryAddWithoutValidation("User-Agent", new string('u', 500));
            request.Headers.TryAddWithoutValidation("Referer", "https://example.com/" + new string('r', 1_000));
            using var answer = await replica.Http.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        }

        var health = await replica.HealthAsync();
        health.ShouldStartWith("""{"status":"degraded""");
        health.ShouldContain("\"spool\":\"degraded\"");
        (await replica.StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);
        Directory.GetFiles(Path.Combine(installation.DataFolder, "spool"), "*.seg", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length)
            .ShouldBeLessThanOrEqualTo(1 << 20);
    }

    /// <summary>Creates the spool of an ended process, with small segments and clicks a second apart.</summary>
    private static ClickIds LeaveSpool(Installation installation, int clicks, out List<(DateTimeOffset At, long Segment, long Offset)> places)
    {
        places = [];
        using var spool = Spool.Create(
            Path.Combine(installation.DataFolder, "spool"), new SpoolQuota(Options.Create(new RedirectOptions())), SegmentSize);
        var (link, workspace) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        Span<byte> record = new byte[ClickRecord.MaxSize];
        var (segment, offset) = (1L, (long)SpoolSegment.HeaderSize);
        for (var i = 0; i < clicks; i++)
        {
            var at = Start.AddSeconds(i);
            var length = ClickRecord.Write(record, at, link, workspace, i, new ClickHeaders("Mozilla/5.0", $"https://example.com/{i % 50}", "de", null), default);
            var size = (8 + length + 7) & ~7;
            if (offset + size > SegmentSize)
            {
                (segment, offset) = (segment + 1, SpoolSegment.HeaderSize);
            }

            spool.TryAppend(record[..length], out _).ShouldBeTrue();
            places.Add((at, segment, offset));
            offset += size;
        }

        return spool.Ids;
    }

    private static void Patch(string path, long offset, byte value)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.Position = offset;
        file.WriteByte(value);
    }
}
