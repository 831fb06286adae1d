using System.Text;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.ServiceDefaults.Tests.Http;

public sealed class PagingTests
{
    [Theory]
    [InlineData(null, 50)]
    [InlineData(1, 1)]
    [InlineData(200, 200)]
    public void A_limit_in_range_is_taken_and_fifty_is_the_default(int? limit, int expected)
    {
        var errors = new ValidationErrors();
        Paging.Limit(limit, errors).ShouldBe(expected);
        errors.Any.ShouldBeFalse();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(201)]
    [InlineData(int.MinValue)]
    public void A_limit_out_of_range_is_an_error_of_that_field(int limit)
    {
        var errors = new ValidationErrors();
        Paging.Limit(limit, errors);
        errors.ToDetails().Errors.Keys.ShouldBe(["limit"]);
    }

    [Fact]
    public void A_cursor_decodes_to_the_key_it_was_encoded_from()
    {
        var key = new Key(new DateTimeOffset(2026, 11, 21, 8, 0, 0, TimeSpan.Zero), Guid.CreateVersion7(), "Zoë/+?&=");
        var cursor = Paging.Encode(key);

        cursor.ShouldMatch("^[A-Za-z0-9_-]+$", "it goes into an address as it is");
        Paging.Decode<Key>(cursor, new ValidationErrors()).ShouldBe(key);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void No_cursor_is_the_first_page(string? cursor)
    {
        var errors = new ValidationErrors();
        Paging.Decode<Key>(cursor, errors).ShouldBeNull();
        errors.Any.ShouldBeFalse();
    }

    public static TheoryData<string> BadCursors =>
    [
        "x",
        "!!!",
        "not a cursor",
        "AAAA",
        "%00",
        "\0",
        "é",
        "====",
        Encode("null"),
        Encode("5"),
        Encode("[]"),
        Encode("\"text\""),
        Encode("{"),
        Encode("""{"At":"yesterday"}"""),
        Encode("""{"At":"2026-11-21T08:00:00Z","Id":"zz","Title":"x"}"""),
        Encode("""{"At":5,"Id":5,"Title":5}"""),
        Encode("{}"),
        Encode("""{"At":"2026-11-21T08:00:00Z","Id":"0197a1f0-0000-7000-8000-000000000001","Title":"x","Clicks":5}"""),
        Encode("""{"At":"2026-11-21T08:00:00Z"}"""),
        Encode("""{"At":"2026-11-21T08:00:00Z","Id":"0197a1f0-0000-7000-8000-000000000001","Title":null}"""),
        Encode("""{"At":"2026-11-21T08:00:00Z","Id":"0197a1f0-0000-7000-8000-000000000001","Title":"a\u0000b"}"""),
        Encode("""{"At":"2026-11-21T08:00:00Z","Id":"0197a1f0-0000-7000-8000-000000000001","Title":"\ud800"}"""),
        System.Buffers.Text.Base64Url.EncodeToString([0xff, 0xfe]),
        Encode(new string('[', 500)),
        new string('A', 1025),
        new string('A', 100_000),
    ];

    [Theory]
    [MemberData(nameof(BadCursors))]
    public void Another_cursor_is_an_error_of_that_field_and_never_an_exception(string cursor)
    {
        var errors = new ValidationErrors();
        Paging.Decode<Key>(cursor, errors).ShouldBeNull();
        errors.ToDetails().Errors.Keys.ShouldBe(["cursor"]);
    }

    [Fact]
    public void Random_cursors_never_throw()
    {
        var random = new Random(20261121);
        var good = Paging.Encode(new Key(DateTimeOffset.UnixEpoch, Guid.Empty, "title"));
        for (var i = 0; i < 5_000; i++)
        {
            var cursor = new StringBuilder(good);
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                cursor[random.Next(cursor.Length)] = (char)random.Next(0, 0x250);
            }

            Should.NotThrow(() => Paging.Decode<Key>(cursor.ToString(), new ValidationErrors()), cursor.ToString());
        }
    }

    [Fact]
    public void The_extra_row_indicates_a_next_page_and_is_not_part_of_this_one()
    {
        int[] rows = [1, 2, 3];

        var full = Paging.Page(rows, 2, row => $"item {row}", row => new Key(DateTimeOffset.UnixEpoch, Guid.Empty, $"{row}"));
        full.Items.ShouldBe(["item 1", "item 2"]);
        Paging.Decode<Key>(full.NextCursor, new ValidationErrors())!.Title.ShouldBe("2", "the next page starts after the last row");

        var last = Paging.Page(rows, 3, row => row, row => new Key(DateTimeOffset.UnixEpoch, Guid.Empty, $"{row}"));
        last.Items.ShouldBe([1, 2, 3]);
        last.NextCursor.ShouldBeNull();
    }

    private static string Encode(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    public sealed record Key(DateTimeOffset At, Guid Id, string Title);
}
