using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Numerics;
using LinkShort.Clicks;
using LinkShort.Contracts;
using LinkShort.Redirect.Clicks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Tests;

public sealed class SpoolTests : IDisposable
{
    private const int SegmentSize = 1 << 16;
    private readonly string _root = Directory.CreateTempSubdirectory("spool-tests-").FullName;
    private readonly SpoolQuota _quota = new(Options.Create(new RedirectOptions { SpoolQuotaBytes = 4 * SegmentSize }));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_tail_torn_at_any_byte_is_cut_at_the_last_valid_record()
    {
        var random = new Random(20261121);
        var whole = Fill(random, out var starts, out var end);

        for (var torn = starts[^1]; torn < end; torn++)
        {
            // The process died while it wrote the last record: zeros of the new file follow.
            var bytes = whole.ToArray();
            bytes.AsSpan((int)torn, (int)(end - torn)).Clear();
            AssertReads(bytes, starts[..^1], $"torn at {torn}");

            // Or the pages were not written in order.
            bytes = whole.ToArray();
            random.NextBytes(bytes.AsSpan((int)torn, (int)(end - torn)));
            AssertReads(bytes, bytes.AsSpan().SequenceEqual(whole) ? starts : starts[..^1], $"garbage from {torn}");

            // Or the file ends there.
            AssertReads(whole[..(int)torn], starts[..^1], $"short at {torn}");
        }

        AssertReads(whole[..(((int)end + 7) & ~7)], starts, "exactly");
    }

    [Fact]
    public void Damage_in_the_middle_costs_only_the_damaged_records()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var bytes = Fill(random, out var starts, out var end);
            var hit = random.Next(starts.Length - 1);
            var from = (int)starts[hit] + random.Next(8);
            var length = random.Next(1, 60);
            if (round % 2 == 0)
            {
                bytes.AsSpan(from, length).Clear();
            }
            else
            {
                random.NextBytes(bytes.AsSpan(from, length));
            }

            var last = (from + length < end ? starts.Last(start => start < from + length) : starts[^1]) is var reached ? Array.IndexOf(starts, reached) : 0;
            var path = Write(bytes);
            using (var segment = SpoolSegment.Open(path)!)
            {
                var read = Offsets(segment);
                // Every record entirely before or behind the damage is read, and nothing that was never written.
                read.ShouldBeSubsetOf(starts);
                starts[..hit].ShouldBeSubsetOf(read);
                if (last + 1 < starts.Length)
                {
                    starts[(last + 1)..].ShouldBeSubsetOf(read);
                    segment.DamagedRegions.ShouldBe(read.Count == starts.Length ? 0 : 1);
                }
            }

            // Opened again, after another kill, it reads the same.
            using var again = SpoolSegment.Open(path)!;
            Offsets(again).ShouldBeSubsetOf(starts);
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_without_a_header_is_ignored_and_another_format_is_refused()
    {
        var path = Path.Combine(_root, "x.seg");
        File.WriteAllText(path, "short");
        SpoolSegment.Open(path).ShouldBeNull();
        File.WriteAllBytes(path, new byte[1_000]);
        SpoolSegment.Open(path).ShouldBeNull();
        File.WriteAllText(path, new string('x', 1_000));
        Should.Throw<InvalidDataException>(() => SpoolSegment.Open(path));
    }

    [Fact]
    public void A_spool_of_a_later_version_is_left_where_it_is()
    {
        var gone = Spool.Create(_root, _quota, SegmentSize);
        gone.TryAppend("click"u8, out _).ShouldBeTrue();
        var path = gone.Oldest!.Path;
        gone.Dispose();
        Patch(path, 7, (byte)'9');

        var adopted = Spool.Adopt(_root, _quota).ToList().ShouldHaveSingleItem();
        adopted.IsForeign.ShouldBeTrue();
        adopted.Oldest.ShouldBeNull();
        adopted.Dispose();

        File.Exists(path).ShouldBeTrue();
    }

    [Fact]
    public void A_full_spool_drops_clicks_with_a_reason_and_accepts_them_again_when_there_is_room()
    {
        using var spool = Spool.Create(_root, _quota, SegmentSize);
        var record = new byte[1_000];
        var kept = 0;
        string? reason;
        do
        {
            spool.Prepare();
            kept++;
        }
        while (spool.TryAppend(record, out reason));

        reason.ShouldBe("quota");
        (kept - 1).ShouldBe(4 * ((SegmentSize - SpoolSegment.HeaderSize) / 1_008));
        _quota.Used.ShouldBe(4 * SegmentSize);
        Directory.GetFiles(spool.Folder, "*.seg").Length.ShouldBe(4);

        spool.RemoveOldest();
        spool.TryAppend(record, out _).ShouldBeTrue();
    }

    [Fact]
    public void Files_are_created_in_advance_in_order_and_unused_ones_are_removed()
    {
        var spool = Spool.Create(_root, _quota, SegmentSize);
        spool.Prepare();
        var first = Directory.GetFiles(spool.Folder, "*.seg").ShouldHaveSingleItem();
        spool.TryAppend(new byte[40_000], out _).ShouldBeTrue();
        spool.Oldest!.Path.ShouldBe(first);

        // More than half is used, so the next one is created, once.
        spool.Prepare();
        spool.Prepare();
        Directory.GetFiles(spool.Folder, "*.seg").Length.ShouldBe(2);
        _quota.Used.ShouldBe(2 * SegmentSize);
        spool.TryAppend(new byte[40_000], out _).ShouldBeTrue();
        Directory.GetFiles(spool.Folder, "*.seg").Length.ShouldBe(2);
        spool.Prepare();
        spool.RemoveOldest();
        spool.Oldest!.Number.ShouldBe(2);
        spool.RemoveOldest();

        spool.Dispose();

        Directory.Exists(spool.Folder).ShouldBeFalse();
        _quota.Used.ShouldBe(0);
    }

    [Fact]
    public async Task Preparing_memory_while_clicks_are_written_changes_none()
    {
        using var spool = Spool.Create(_root, new SpoolQuota(Options.Create(new RedirectOptions())), SegmentSize);
        using var stop = new CancellationTokenSource();
        var preparing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                spool.Prepare();
                spool.Flush();
            }
        });
        var record = new byte[100];
        var written = 0;
        for (; written < 2_000; written++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(record, written);
            spool.TryAppend(record, out _).ShouldBeTrue();
        }

        await stop.CancelAsync();
        await preparing;
        var read = 0;
        while (spool.Oldest is { } segment)
        {
            for (long offset = SpoolSegment.HeaderSize; offset < segment.Committed; read++)
            {
                BinaryPrimitives.ReadInt32LittleEndian(segment.Read(offset, out offset)).ShouldBe(read);
            }

            spool.RemoveOldest();
        }

        read.ShouldBe(written);
    }

    [Fact]
    public void Only_spools_of_ended_processes_are_adopted_with_everything_in_them()
    {
        using var alive = Spool.Create(_root, _quota, SegmentSize);
        alive.TryAppend("alive"u8, out _).ShouldBeTrue();
        var gone = Spool.Create(_root, _quota, SegmentSize);
        gone.Instance.ShouldNotBe(alive.Instance);
        for (var i = 0; i < 3; i++)
        {
            gone.TryAppend(new byte[40_000], out _).ShouldBeTrue();
        }

        gone.Cursor.Move(new SpoolPosition(1, 64));
        gone.Cursor.Decide(1, 64, 128);
        gone.Cursor.Decide(1, 64, 256);
        Spool.Adopt(_root, _quota).ShouldBeEmpty();
        gone.Dispose();
        _quota.Used.ShouldBe(SegmentSize);

        var adopted = Spool.Adopt(_root, _quota).ToList().ShouldHaveSingleItem();
        adopted.Instance.ShouldBe(gone.Instance);
        adopted.Cursor.Position.ShouldBe(new SpoolPosition(1, 64));
        adopted.Cursor.Pending.ShouldBe([128, 256]);
        Spool.Adopt(_root, _quota).ShouldBeEmpty();
        adopted.TryAppend("late"u8, out var reason).ShouldBeFalse();
        reason.ShouldBe("closed");
        // Their used space counts, their reserved space does not.
        _quota.Used.ShouldBe(SegmentSize + (3 * (SpoolSegment.HeaderSize + 40_008)));
        for (var number = 1; number <= 3; number++)
        {
            adopted.Oldest!.Number.ShouldBe(number);
            adopted.Oldest.IsSealed.ShouldBeTrue();
            adopted.RemoveOldest();
        }

        adopted.Dispose();
        Directory.Exists(adopted.Folder).ShouldBeFalse();
        _quota.Used.ShouldBe(SegmentSize);
    }

    [Fact]
    public void A_quota_filled_by_adopted_clicks_has_no_room_for_new_ones()
    {
        var gone = Spool.Create(_root, _quota, SegmentSize);
        while (gone.TryAppend(new byte[1_000], out _))
        {
        }

        gone.Dispose();
        var adopted = Spool.Adopt(_root, _quota).ToList().ShouldHaveSingleItem();
        using var own = Spool.Create(_root, _quota, SegmentSize);

        own.TryAppend("click"u8, out var reason).ShouldBeFalse();
        reason.ShouldBe("quota");
        adopted.RemoveOldest();
        adopted.RemoveOldest();
        own.TryAppend("click"u8, out _).ShouldBeTrue();
        adopted.Dispose();
    }

    [Fact]
    public void A_cursor_torn_at_any_byte_keeps_its_last_intact_position()
    {
        var path = Path.Combine(_root, "cursor");
        using (var cursor = new SpoolCursor(path))
        {
            cursor.Position.ShouldBe(default);
            cursor.Move(new SpoolPosition(7, 64));
            for (var end = 1; end <= 4; end++)
            {
                cursor.Decide(7, 64, end * 100);
            }

            cursor.Confirm();
            cursor.Flush();
        }

        var whole = File.ReadAllBytes(path);
        Reads(new SpoolPosition(7, 100), [200, 300, 400]);

        // The sixth write went into the first of the two slots, which are 128 bytes each and follow those of the previous version.
        for (var at = 128; at < 128 + 128; at++)
        {
            var torn = whole.ToArray();
            torn[at] ^= 0x5A;
            File.WriteAllBytes(path, torn);
            if (at is < 128 + 120 or >= 128 + 124)
            {
                Reads(new SpoolPosition(7, 64), [100, 200, 300, 400]);
            }
            else
            {
                Reads(new SpoolPosition(7, 100), [200, 300, 400]); // Unused bytes.
            }
        }

        // An unreadable cursor starts from the beginning.
        File.WriteAllBytes(path, new byte[400]);
        Reads(default, []);

        void Reads(SpoolPosition position, long[] pending)
        {
            using var cursor = new SpoolCursor(path);
            cursor.Position.ShouldBe(position);
            cursor.Pending.ShouldBe(pending);
        }
    }

    [Fact]
    public void A_cursor_of_the_previous_version_is_continued()
    {
        var path = Path.Combine(_root, "cursor");
        var slot = new byte[128];
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(64), 5);
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(72), 3);
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(80), 640);
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(88), 6_400);
        var sum = uint.MaxValue;
        for (var i = 64; i < 96; i += 8)
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(slot.AsSpan(i)));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(slot.AsSpan(96), ~sum);
        File.WriteAllBytes(path, slot);

        using (var cursor = new SpoolCursor(path))
        {
            cursor.Position.ShouldBe(new SpoolPosition(3, 640));
            cursor.Pending.ShouldBe([6_400]);
            cursor.Confirm();
        }

        using var after = new SpoolCursor(path);
        after.Position.ShouldBe(new SpoolPosition(3, 6_400));
        after.Pending.ShouldBeEmpty();
    }

    [Fact]
    public void A_click_reads_back_as_it_was_written()
    {
        var at = new DateTimeOffset(2026, 11, 21, 8, 30, 0, 123, TimeSpan.Zero).AddTicks(7);
        Guid link = Guid.CreateVersion7(), workspace = Guid.CreateVersion7();

        Read(SpoolSegment.CurrentFormat, record => ClickRecord.Write(
                record, at, link, workspace, -5, new ClickHeaders("agent", null, "", new string('p', 100)), new ClickOrigin("DE", "Baden-Württemberg", "Tübingen", "scanner", "B")))
            .ShouldBe(new Click(Guid.Empty, link, workspace, at, -5, "agent", null, "", new string('p', 64))
            {
                Country = "DE", Region = "Baden-Württemberg", City = "Tübingen", Network = "scanner", Variant = "B",
            });
        Read(SpoolSegment.CurrentFormat, record => ClickRecord.Write(record, at, link, workspace, null, default, new ClickOrigin("DE", null, null, null, null)))
            .ShouldBe(new Click(Guid.Empty, link, workspace, at, null, null, null, null, null) { Country = "DE" });
        Read(SpoolSegment.CurrentFormat, record => ClickRecord.Write(record, at, link, workspace, 0, default, default))
            .ShouldBe(new Click(Guid.Empty, link, workspace, at, 0, null, null, null, null));
        // Truncated at whole characters.
        Read(SpoolSegment.CurrentFormat, record => ClickRecord.Write(
                record, at, link, workspace, 0,
                new ClickHeaders(new string('u', 5_000), new string('r', 5_000), new string('l', 5_000), new string('p', 5_000)),
                new ClickOrigin("DE", new string('ü', 500), new string('€', 500), new string('n', 500), string.Concat(Enumerable.Repeat("😀", 500)))))
            .ShouldSatisfyAllConditions(
                click => click.Region.ShouldBe(new string('ü', 64)),
                click => click.City.ShouldBe(new string('€', 42)),
                click => click.Variant.ShouldBe(string.Concat(Enumerable.Repeat("😀", 64))),
                click => click.UserAgent!.Length.ShouldBe(512));
    }

    [Fact]
    public void A_click_of_the_previous_version_is_still_read()
    {
        var at = new DateTimeOffset(2026, 11, 20, 8, 30, 0, TimeSpan.Zero);
        Guid link = Guid.CreateVersion7(), workspace = Guid.CreateVersion7();

        Read(SpoolSegment.PreviousFormat, record =>
        {
            BinaryPrimitives.WriteInt64LittleEndian(record, at.UtcTicks);
            link.TryWriteBytes(record.AsSpan(8));
            workspace.TryWriteBytes(record.AsSpan(24));
            BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(40), 77);
            record[48] = 1;
            ushort[] lengths = [5, 0xFFFF, 2, 0xFFFF];
            for (var i = 0; i < 4; i++)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(49 + (i * 2)), lengths[i]);
            }

            "agentde"u8.CopyTo(record.AsSpan(57));
            return 57 + 7;
        }).ShouldBe(new Click(Guid.Empty, link, workspace, at, 77, "agent", null, "de", null));
    }

    [Fact]
    public void An_invalid_record_is_refused_and_adds_nothing()
    {
        var random = new Random(9);
        var record = new byte[ClickRecord.MaxSize];
        var headers = new ClickHeaders("agent", "referrer", "de", "prefetch");
        var length = ClickRecord.Write(record, DateTimeOffset.UnixEpoch, default, default, 1, in headers, new ClickOrigin("DE", "R", "C", "crawler", "A"));
        var batch = new ClickBatchWriter();
        batch.BeginSegment(Guid.Empty, 1);
        for (var i = 0; i < length; i++)
        {
            Should.Throw<InvalidDataException>(() => ClickRecord.Read(record.AsSpan(0, i), SpoolSegment.CurrentFormat, 64, batch));
        }

        for (var i = 0; i < 5_000; i++)
        {
            var damaged = record[..length];
            damaged[random.Next(length)] = (byte)random.Next(256);
            try
            {
                batch.Clear();
                batch.BeginSegment(Guid.Empty, 1);
                ClickRecord.Read(damaged, SpoolSegment.CurrentFormat, 64, batch);
            }
            catch (InvalidDataException)
            {
                batch.Count.ShouldBe(0);
                continue;
            }

            ClickBatch.Unpack(batch.ToArray()).Count.ShouldBe(1);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x63, 0xC3, 0xBC }, "cü")]
    [InlineData(new byte[] { 0x63, 0xC3 }, "cÃ")]
    [InlineData(new byte[] { 0x61, 0x62, 0x63, 0xE2, 0x82 }, "abc")]
    [InlineData(new byte[] { 0x61, 0x62, 0x63, 0x64, 0xFC }, "abcdü")]
    [InlineData(new byte[] { 0x63, 0xFC, 0x64 }, "cüd")]
    [InlineData(new byte[] { 0x61, 0x01, 0x62, 0x7F }, "ab")]
    [InlineData(new byte[] { }, "")]
    public void Any_bytes_decode_to_text(byte[] bytes, string text) => ClickRecord.Decode(bytes, limit: 5).ShouldBe(text);

    [Theory]
    // From the paper's appendix and the reference implementation's vectors: key 00 01 … 0F, message 00 01 02 ….
    [InlineData(0, 0x726FDB47DD0E0E31UL)]
    [InlineData(1, 0x74F839C593DC67FDUL)]
    [InlineData(8, 0x93F5F5799A932462UL)]
    [InlineData(15, 0xA129CA6149BE45E5UL)]
    public void Visitors_are_hashed_by_SipHash(int length, ulong expected) =>
        VisitorHash.SipHash(0x0706050403020100, 0x0F0E0D0C0B0A0908, Enumerable.Range(0, length).Select(value => (byte)value).ToArray()).ShouldBe(expected);

    [Fact]
    public void Ids_depend_only_on_the_position_and_start_with_the_time()
    {
        var at = new DateTimeOffset(2026, 11, 21, 8, 30, 0, TimeSpan.Zero);
        var instance = Guid.CreateVersion7();
        var ids = new ClickIds(instance);

        var id = ids.Click(at, 1, 64);

        id.ShouldBe(new ClickIds(instance).Click(at, 1, 64));
        id.ShouldNotBe(new ClickIds(Guid.CreateVersion7()).Click(at, 1, 64));
        id.ShouldNotBe(ids.Batch(at, 1, 64, 72));
        ids.Batch(at, 1, 64, 72).ShouldNotBe(ids.Batch(at, 1, 64, 80));
        Enumerable.Range(0, 100_000).Select(place => ids.Click(at, place % 10, 64 + (place / 10 * 8))).Distinct().Count().ShouldBe(100_000);
        id.Version.ShouldBe(7);
        id.ToString().ShouldStartWith(at.ToUnixTimeMilliseconds().ToString("x12", CultureInfo.InvariantCulture)[..8]);
    }

    [Fact]
    public async Task A_full_spool_degrades_health_and_is_visible_in_metrics()
    {
        var services = new ServiceCollection().AddMetrics().AddLogging().BuildServiceProvider();
        var telemetry = new RedirectTelemetry(services.GetRequiredService<IMeterFactory>());
        var options = Options.Create(new RedirectOptions { SpoolQuotaBytes = 10 * SegmentSize, SpoolSegmentBytes = SegmentSize });
        var quota = new SpoolQuota(options);
        using var spools = new ClickSpool(
            new ConfigurationBuilder().AddInMemoryCollection([new("LINKSHORT_DATA", _root)]).Build(), quota, options, telemetry,
            services.GetRequiredService<ILogger<ClickSpool>>());
        using var maintenance = new SpoolMaintenance(spools, telemetry, TimeProvider.System, services.GetRequiredService<ILogger<SpoolMaintenance>>());
        Dictionary<string, double> gauges = [];
        List<(string Reason, long Count)> drops = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == services.GetRequiredService<IMeterFactory>())
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "linkshort.redirect.clicks.dropped")
            {
                drops.Add(((string)tags[0].Value!, value));
            }

            gauges[instrument.Name] = value;
        });
        listener.Start();
        await maintenance.StartAsync(CancellationToken.None);

        (await StatusAsync()).ShouldBe(HealthStatus.Healthy);
        while (quota.Used <= 8 * SegmentSize)
        {
            spools.Own.TryAppend(new byte[1_000], out _).ShouldBeTrue();
        }

        (await StatusAsync()).ShouldBe(HealthStatus.Degraded);
        string? reason;
        while (spools.Own.TryAppend(new byte[1_000], out reason))
        {
        }

        telemetry.ClickNotKept(reason!);
        var health = await maintenance.CheckHealthAsync(new HealthCheckContext());
        health.Description!.ShouldContain("being dropped: 1");
        listener.RecordObservableInstruments();
        gauges["linkshort.redirect.spool.size"].ShouldBe(10 * SegmentSize);
        gauges["linkshort.redirect.spool.limit"].ShouldBe(10 * SegmentSize);
        drops.ShouldBe([("quota", 1)]);
        await maintenance.StopAsync(CancellationToken.None);

        async Task<HealthStatus> StatusAsync() => (await maintenance.CheckHealthAsync(new HealthCheckContext())).Status;
    }

    private delegate int Writer(byte[] record);

    private static Click Read(int format, Writer write)
    {
        var record = new byte[ClickRecord.MaxSize];
        var length = write(record);
        var batch = new ClickBatchWriter();
        batch.BeginSegment(Guid.Empty, 1);
        ClickRecord.Read(record.AsSpan(0, length), format, 64, batch);
        return ClickBatch.Unpack(batch.ToArray()).ShouldHaveSingleItem() with { ClickId = Guid.Empty };
    }

    /// <summary>A segment with a few records of random lengths.</summary>
    /// <returns>The bytes of the file.</returns>
    private byte[] Fill(Random random, out long[] starts, out long end)
    {
        var path = SpoolSegment.PathOf(_root, 1);
        List<long> offsets = [];
        using (var segment = SpoolSegment.Create(_root, 1, Guid.NewGuid(), 4_096))
        {
            for (var i = 0; i < 6; i++)
            {
                // Without zeros, so that every missing byte is detected.
                var payload = Enumerable.Range(0, random.Next(1, 200)).Select(_ => (byte)random.Next(1, 256)).ToArray();
                offsets.Add(segment.Committed);
                segment.TryAppend(payload).ShouldBeTrue();
            }

            segment.Flush();
        }

        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        starts = [.. offsets];
        end = starts[^1] + 8 + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan((int)starts[^1]));
        return bytes;
    }

    private void AssertReads(byte[] bytes, long[] starts, string what)
    {
        var path = Write(bytes);
        using (var segment = SpoolSegment.Open(path)!)
        {
            Offsets(segment).ToArray().ShouldBe(starts, what);
            segment.DamagedRegions.ShouldBe(0, what);
            segment.Size.ShouldBe(segment.Committed);
        }

        File.Delete(path);
    }

    private string Write(byte[] bytes)
    {
        var path = SpoolSegment.PathOf(_root, 1);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>The offsets of valid records.</summary>
    private static List<long> Offsets(SpoolSegment segment)
    {
        List<long> offsets = [];
        for (long offset = SpoolSegment.HeaderSize; offset < segment.Committed;)
        {
            var at = offset;
            if (!segment.Read(at, out offset).IsEmpty)
            {
                offsets.Add(at);
            }
        }

        return offsets;
    }

    private static void Patch(string path, long offset, byte value)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.Position = offset;
        file.WriteByte(value);
    }
}
