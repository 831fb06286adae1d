using System.Text;
using LinkShort.Contracts;
using LinkShort.Redirect.Clicks;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Tests;

public sealed class SpoolTests : IDisposable
{
    private const int SegmentSize = 1 << 16;
    private readonly string _root = Directory.CreateTempSubdirectory("spool-tests-").FullName;
    private readonly SpoolQuota _quota = new(Options.Create(new RedirectOptions { SpoolQuotaBytes = 4 * SegmentSize }));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_torn_tail_is_cut_at_the_last_good_record()
    {
        var path = Fill(out var lengths);
        var whole = Count(path);
        whole.ShouldBe(3);

        // A byte of the last record's payload never reached the file.
        Patch(path, SpoolSegment.HeaderSize + lengths[0] + lengths[1] + 8, 0xFF);
        Count(path).ShouldBe(2);

        // Its length says more than there is.
        Patch(path, SpoolSegment.HeaderSize + lengths[0] + lengths[1] + 3, 0x7F);
        Count(path).ShouldBe(2);

        // The second one too: nothing behind a bad record is believed.
        Patch(path, SpoolSegment.HeaderSize + lengths[0] + 4, 0xEE);
        Count(path).ShouldBe(1);
    }

    [Fact]
    public void What_is_no_segment_is_left_alone()
    {
        var path = Path.Combine(_root, "x.seg");
        File.WriteAllText(path, "short");
        SpoolSegment.Open(path).ShouldBeNull();
        File.WriteAllText(path, new string('x', 1_000));
        SpoolSegment.Open(path).ShouldBeNull();
    }

    [Fact]
    public void A_full_spool_drops_and_says_why()
    {
        using var spool = Spool.Create(_root, _quota, SegmentSize);
        var record = new byte[1_000];
        var kept = 0;
        string? reason;
        while (spool.TryAppend(record, out reason))
        {
            kept++;
        }

        reason.ShouldBe("quota");
        kept.ShouldBe(4 * ((SegmentSize - SpoolSegment.HeaderSize) / 1_008));
        _quota.Used.ShouldBe(4 * SegmentSize);

        spool.RemoveOldest();
        spool.TryAppend(record, out _).ShouldBeTrue();
    }

    [Fact]
    public void Only_the_spools_of_the_dead_are_adopted_and_with_all_they_hold()
    {
        using var alive = Spool.Create(_root, _quota, SegmentSize);
        alive.TryAppend("alive"u8, out _).ShouldBeTrue();
        var gone = Spool.Create(_root, _quota, SegmentSize);
        gone.Instance.ShouldNotBe(alive.Instance);
        for (var i = 0; i < 3; i++)
        {
            gone.TryAppend(new byte[40_000], out _).ShouldBeTrue();
        }

        gone.Cursor.Move(new SpoolPosition(1, 128, 256));
        Spool.Adopt(_root, _quota).ShouldBeEmpty();
        gone.Dispose();

        var adopted = Spool.Adopt(_root, _quota).ToList().ShouldHaveSingleItem();
        adopted.Instance.ShouldBe(gone.Instance);
        adopted.Cursor.Position.ShouldBe(new SpoolPosition(1, 128, 256));
        Spool.Adopt(_root, _quota).ShouldBeEmpty();
        adopted.TryAppend("late"u8, out var reason).ShouldBeFalse();
        reason.ShouldBe("closed");
        for (var number = 1; number <= 3; number++)
        {
            adopted.Oldest!.Number.ShouldBe(number);
            adopted.Oldest.IsSealed.ShouldBeTrue();
            adopted.RemoveOldest();
        }

        adopted.Dispose();
        Directory.Exists(adopted.Folder).ShouldBeFalse();
    }

    [Fact]
    public void A_cursor_keeps_its_last_whole_position()
    {
        var path = Path.Combine(_root, "cursor");
        using (var cursor = new SpoolCursor(path))
        {
            cursor.Position.ShouldBe(default);
            for (var offset = 1; offset <= 5; offset++)
            {
                cursor.Move(new SpoolPosition(7, offset, offset + 1));
            }
        }

        using (var cursor = new SpoolCursor(path))
        {
            cursor.Position.ShouldBe(new SpoolPosition(7, 5, 6));
        }

        // The last write (number 5, in the second place) was torn.
        Patch(path, 64 + 20, 0xEE);
        using (var cursor = new SpoolCursor(path))
        {
            cursor.Position.ShouldBe(new SpoolPosition(7, 4, 5));
        }
    }

    [Fact]
    public void A_click_reads_back_as_it_was_written()
    {
        Span<byte> record = stackalloc byte[ClickRecord.MaxSize];
        var at = new DateTimeOffset(2026, 11, 21, 8, 30, 0, 123, TimeSpan.Zero).AddTicks(7);
        Guid link = Guid.CreateVersion7(), workspace = Guid.CreateVersion7();

        var length = ClickRecord.Write(record, at, link, workspace, -5, "agent", null, "", new string('p', 100));
        var click = ClickRecord.Read(record[..length], _ => Guid.Empty);

        click.ShouldBe(new Contracts.Click(Guid.Empty, link, workspace, at, -5, "agent", null, "", new string('p', 64)));
        ClickRecord.Read(record[..ClickRecord.Write(record, at, link, workspace, null, null, null, null, null)], _ => Guid.Empty).Visitor.ShouldBeNull();
    }

    [Theory]
    [InlineData(new byte[] { 0x63, 0xC3, 0xBC }, "cü")]
    [InlineData(new byte[] { 0x63, 0xC3 }, "cÃ")]
    [InlineData(new byte[] { 0x61, 0x62, 0x63, 0xE2, 0x82 }, "abc")]
    [InlineData(new byte[] { 0x61, 0x62, 0x63, 0x64, 0xFC }, "abcdü")]
    [InlineData(new byte[] { 0x63, 0xFC, 0x64 }, "cüd")]
    [InlineData(new byte[] { 0x61, 0x01, 0x62, 0x7F }, "ab")]
    [InlineData(new byte[] { }, "")]
    public void Any_bytes_are_some_text(byte[] bytes, string text) => ClickRecord.Decode(bytes, limit: 5).ShouldBe(text);

    [Fact]
    public void Ids_depend_on_the_place_alone_and_begin_with_the_time()
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
        id.ToString().ShouldStartWith(at.ToUnixTimeMilliseconds().ToString("x12", System.Globalization.CultureInfo.InvariantCulture)[..8]);
    }

    private string Fill(out int[] lengths)
    {
        var folder = Directory.CreateTempSubdirectory("segment-").FullName;
        using var segment = SpoolSegment.Create(_root, 1, Guid.NewGuid(), SegmentSize);
        Directory.Delete(folder);
        string[] texts = ["first", "the second one", "third"];
        lengths = [.. texts.Select(text => (8 + text.Length + 7) & ~7)];
        foreach (var text in texts)
        {
            segment.TryAppend(Encoding.ASCII.GetBytes(text)).ShouldBeTrue();
        }

        return segment.Path;
    }

    private static int Count(string path)
    {
        using var segment = SpoolSegment.Open(path)!;
        var count = 0;
        for (long offset = SpoolSegment.HeaderSize; offset < segment.Committed; count++)
        {
            segment.Read(offset, out offset);
        }

        return count;
    }

    private static void Patch(string path, long offset, byte value)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.Position = offset;
        file.WriteByte(value);
    }
}
