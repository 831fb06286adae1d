using System.Text;
using LinkShort.Clicks;

namespace LinkShort.Contracts.Tests;

public sealed class ClickBatchTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 8, 30, 0, 123, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(500)]
    [InlineData(2_000)]
    public void Clicks_are_unpacked_unchanged(int count)
    {
        var clicks = Some(new Random(count), count);

        var packed = ClickBatch.Pack(clicks);

        ClickBatch.Unpack(packed).ShouldBe(clicks);
        ClickBatch.CountOf(packed).ShouldBe(count);
        ClickBatch.CountOf(packed.AsSpan(0, Math.Min(packed.Length, 6))).ShouldBe(count);
    }

    [Fact]
    public void Every_value_of_a_click_is_unpacked_unchanged()
    {
        var plain = new Click(Guid.Empty, Guid.Empty, Guid.Empty, Start, null, null, null, null, null);
        Click[] clicks =
        [
            plain,
            plain with { ClickId = Guid.CreateVersion7(), Visitor = 0 },
            plain with { Visitor = long.MinValue, At = DateTimeOffset.MinValue },
            plain with { Visitor = long.MaxValue, At = DateTimeOffset.MaxValue },
            plain with { UserAgent = "", Referrer = "", AcceptLanguage = "", Purpose = "" },
            plain with { UserAgent = "ü\u0001€😀", Referrer = new string('r', 1_024), AcceptLanguage = "de", Purpose = "prefetch" },
            plain with { Country = "DE", Region = "Bavaria", City = "Munich", Network = "crawler", Variant = "B" },
            plain with { Country = "DE" },
            plain with { City = "Atlantis" },
        ];

        ClickBatch.Unpack(ClickBatch.Pack(clicks)).ShouldBe(clicks);
    }

    [Fact]
    public void Ids_by_position_are_those_of_the_spool()
    {
        var random = new Random(3);
        var ids = new ClickIds(Guid.CreateVersion7());
        var writer = new ClickBatchWriter();
        // Twice, because writers are reused.
        for (var round = 0; round < 2; round++)
        {
            writer.Clear();
            writer.BeginSegment(ids.Instance, 0x1_0000_0000);
            List<Guid> expected = [];
            var offset = 64L;
            for (var i = 0; i < 300; i++)
            {
                var at = Start.AddMilliseconds(i);
                expected.Add(ids.Click(at, 0x1_0000_0000, offset));
                writer.AddAt(offset, at, Guid.CreateVersion7(), Guid.CreateVersion7(), null);
                foreach (var text in Enum.GetValues<ClickText>())
                {
                    writer.SetAbsent(text);
                }

                offset += 8 * random.Next(1, 500);
            }

            ClickBatch.Unpack(writer.ToArray()).Select(click => click.ClickId).ShouldBe(expected);
        }
    }

    [Fact]
    public void A_click_takes_a_tenth_of_its_size_in_JSON()
    {
        var clicks = Some(new Random(5), 500);

        var packed = ClickBatch.Pack(clicks).Length - (500 * 16); // Clicks from the spool need no ids.

        (packed / 500.0).ShouldBeLessThan(40);
        packed.ShouldBeLessThan(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(clicks).Length / 10);
    }

    [Fact]
    public void A_truncated_or_too_long_batch_is_refused()
    {
        var packed = ClickBatch.Pack(Some(new Random(1), 40));

        for (var length = 0; length < packed.Length; length++)
        {
            Should.Throw<InvalidDataException>(() => ClickBatch.Read(packed.AsSpan(0, length)), $"{length} bytes");
        }

        Should.Throw<InvalidDataException>(() => ClickBatch.Read([.. packed, 0]));
    }

    [Theory]
    [InlineData(new byte[] { 2, 0, 0 })]
    [InlineData(new byte[] { 1, 2, 0 })]
    [InlineData(new byte[] { 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 1, 0, 0x90, 0x4E, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 1, 0x90, 0x4E, 0, 0, 0, 0 })]
    public void Data_that_is_not_a_batch_is_refused(byte[] packed) => Should.Throw<InvalidDataException>(() => ClickBatch.Read(packed));

    [Fact]
    public void Damaged_batches_are_refused_or_read_but_never_cost_much()
    {
        var random = new Random(20261121);
        var whole = ClickBatch.Pack(Some(random, 60));
        var refused = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var damaged = whole.ToArray();
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                // Mostly in the header, which has lengths and counts.
                damaged[random.Next(4) == 0 ? random.Next(Math.Min(40, damaged.Length)) : random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            if (random.Next(4) == 0)
            {
                damaged = damaged[..random.Next(damaged.Length)];
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ClickBatch.Read(damaged);
            }
            catch (InvalidDataException)
            {
                refused++;
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000 + (damaged.Length * 200L));
        }

        refused.ShouldBeGreaterThan(5_000);
    }

    [Fact]
    public void Random_bytes_are_refused()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length > 1)
            {
                (bytes[0], bytes[1]) = (1, (byte)random.Next(2));
            }

            try
            {
                ClickBatch.Read(bytes);
            }
            catch (InvalidDataException)
            {
                // Expected. A batch that happens to be empty is fine too.
            }
        }
    }

    private static Click[] Some(Random random, int count) => [.. Enumerable.Range(0, count).Select(i => new Click(
        Guid.CreateVersion7(), new Guid(random.Next(100), 0, 0, new byte[8]), new Guid(random.Next(5), 1, 0, new byte[8]), Start.AddTicks(i * 4_321L),
        random.Next(10) == 0 ? null : random.NextInt64(),
        random.Next(20) == 0 ? null : $"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{random.Next(30)}.0.0.0 Safari/537.36",
        random.Next(3) == 0 ? null : $"https://site{random.Next(20)}.example/",
        random.Next(9) == 0 ? null : "de-DE,de;q=0.9,en;q=0.8",
        random.Next(50) == 0 ? "prefetch" : null)
    {
        Country = random.Next(4) == 0 ? null : "DE",
        Region = random.Next(4) == 0 ? null : Encoding.UTF8.GetString("Baden-Württemberg"u8),
        City = random.Next(4) == 0 ? null : "Stuttgart",
        Network = random.Next(9) == 0 ? "scanner" : null,
        Variant = random.Next(9) == 0 ? "A" : null,
    })];
}
