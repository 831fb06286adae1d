using System.Net;
using LinkShort.Testing;
using LinkShort.Visitors.Geography;

namespace LinkShort.Visitors.Tests;

public sealed class MmdbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("linkshort-mmdb-").FullName;

    [Theory]
    [InlineData(24, 4)]
    [InlineData(28, 4)]
    [InlineData(32, 4)]
    [InlineData(24, 6)]
    [InlineData(28, 6)]
    [InlineData(32, 6)]
    public void Places_are_found_in_files_of_every_record_size(int bits, int version)
    {
        var writer = new MmdbWriter { RecordBits = bits, IpVersion = version }
            .With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London"))
            .With("81.2.70.0/25", MmdbWriter.Place("GB", "Wales", "Cardiff"))
            .With("200.0.0.0/7", MmdbWriter.Place("BR", "São Paulo", "São Paulo"))
            .With("203.0.113.7/32", MmdbWriter.Place("AU", "", ""));
        if (version == 6)
        {
            writer.With("2001:db8:1::/48", MmdbWriter.Place("DE", "Bavaria", "Munich"));
        }

        using var file = Open(writer);
        Find(file, "81.2.69.142").ShouldBe("GB/England/London");
        Find(file, "81.2.69.0").ShouldBe("GB/England/London");
        Find(file, "81.2.69.255").ShouldBe("GB/England/London");
        Find(file, "81.2.70.127").ShouldBe("GB/Wales/Cardiff");
        Find(file, "81.2.70.128").ShouldBe("Unknown/Unknown/Unknown");
        Find(file, "81.2.68.255").ShouldBe("Unknown/Unknown/Unknown");
        Find(file, "201.255.0.1").ShouldBe("BR/São Paulo/São Paulo");
        Find(file, "203.0.113.7").ShouldBe("AU/Unknown/Unknown");
        Find(file, "203.0.113.8").ShouldBe("Unknown/Unknown/Unknown");
        Find(file, "2001:db8:1::5").ShouldBe(version == 6 ? "DE/Bavaria/Munich" : "Unknown/Unknown/Unknown");
        Find(file, "2001:db8:2::5").ShouldBe("Unknown/Unknown/Unknown");
    }

    [Fact]
    public void MaxMinds_own_layout_is_read_too()
    {
        using var file = Open(new MmdbWriter().With("81.2.69.0/24", new Dictionary<string, object>
        {
            ["city"] = new Dictionary<string, object> { ["geoname_id"] = 2_643_743u, ["names"] = new Dictionary<string, object> { ["de"] = "London", ["en"] = "London" } },
            ["country"] = new Dictionary<string, object> { ["is_in_european_union"] = false, ["iso_code"] = "GB" },
            ["subdivisions"] = new object[] { new Dictionary<string, object> { ["iso_code"] = "ENG", ["names"] = new Dictionary<string, object> { ["en"] = "England" } } },
        }));
        Find(file, "81.2.69.142").ShouldBe("GB/England/London");
    }

    [Fact]
    public void Names_behind_pointers_are_read()
    {
        byte[] london = MmdbWriter.Encode("London");
        var writer = new MmdbWriter().WithData("0.0.0.0/8", london);
        // A map of one entry, whose value is at the start of the data.
        using var file = Open(writer.WithData("81.0.0.0/8", [0xE1, .. MmdbWriter.Encode("city"), .. MmdbWriter.PointerTo(0)]));
        Find(file, "81.2.69.142").ShouldBe("Unknown/Unknown/London");
    }

    [Theory]
    [InlineData("an empty file", new byte[0])]
    [InlineData("text", new[] { (byte)'h', (byte)'i' })]
    public void Other_files_are_refused(string what, byte[] bytes) =>
        Refusal(bytes).ShouldNotBeEmpty(what);

    [Fact]
    public void Every_truncation_is_refused_or_read_without_harm()
    {
        var whole = new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")).ToArray();
        for (var length = 0; length < whole.Length; length++)
        {
            Refusal(whole[..length]).ShouldNotBeEmpty($"{length} of {whole.Length} bytes");
        }
    }

    [Fact]
    public void Every_wrong_byte_is_refused_or_read_without_harm()
    {
        var whole = new MmdbWriter { IpVersion = 6 }
            .With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London"))
            .With("2001:db8::/32", MmdbWriter.Place("DE", "Bavaria", "Munich")).ToArray();
        var random = new Random(20261121);
        var refused = 0;
        for (var i = 0; i < 500; i++)
        {
            var damaged = (byte[])whole.Clone();
            for (var wrong = random.Next(1, 4); wrong > 0; wrong--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                using var file = Open(damaged);
                Find(file, "81.2.69.142");
                Find(file, "2001:db8::1");
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Inconsistent_metadata_is_refused()
    {
        Refusal(Some(new MmdbWriter { MajorVersion = 3 })).ShouldContain("version 3");
        Refusal(Some(new MmdbWriter { IpVersion = 5 })).ShouldContain("version 5 of IP");
        Refusal(Some(new MmdbWriter { ClaimedNodes = 0 })).ShouldContain("0 nodes");
        Refusal(Some(new MmdbWriter { ClaimedNodes = uint.MaxValue })).ShouldContain("doesn't fit");
        Refusal(Some(new MmdbWriter { WithoutKey = "node_count" })).ShouldContain("has no node_count");
        Refusal(Some(new MmdbWriter { RecordBits = 24, ClaimedNodes = 12 })).ShouldContain("leads out of the file");
        Refusal(Some(new MmdbWriter { RecordBits = 40 })).ShouldContain("40 bits");

        static byte[] Some(MmdbWriter writer) => writer.With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")).ToArray();
    }

    [Fact]
    public void Damaged_values_are_unknown_places()
    {
        // A pointer to itself; a pointer beyond the end; a text, a map and an array longer than the file; nested maps; an unknown type.
        using var file = Open(new MmdbWriter()
            .WithData("1.0.0.0/8", MmdbWriter.PointerTo(0))
            .WithData("2.0.0.0/8", MmdbWriter.PointerTo(1 << 30))
            .WithData("3.0.0.0/8", 0xE1, 0x44, (byte)'c', (byte)'i', (byte)'t', (byte)'y', 0x5F, 0xFF, 0xFF, 0xFF)
            .WithData("4.0.0.0/8", 0xFF, 0xFF, 0xFF, 0xFF)
            .WithData("5.0.0.0/8", 0xE1, 0x41, (byte)'x', 0x1F, 0x04, 0xFF, 0xFF, 0xFF)
            .WithData("6.0.0.0/8", [.. Enumerable.Repeat((byte)0xFE, 200)])
            .WithData("7.0.0.0/8", 0x00, 0xF0)
            .WithData("8.0.0.0/8", 0x00));
        for (var first = 1; first <= 8; first++)
        {
            Find(file, $"{first}.1.2.3").ShouldBe("Unknown/Unknown/Unknown");
        }
    }

    [Fact]
    public void Invalid_names_are_unknown()
    {
        using var file = Open(new MmdbWriter()
            .With("1.0.0.0/8", MmdbWriter.Place("Germany", "Bava\nria", new string('x', 10_000)))
            .With("2.0.0.0/8", MmdbWriter.Place("de", " ", "München")));
        Find(file, "1.1.1.1").ShouldBe("Unknown/Unknown/Unknown");
        Find(file, "2.1.1.1").ShouldBe("Unknown/Unknown/München");
    }

    [Fact]
    public void The_file_may_be_truncated_or_overwritten_while_it_is_in_use()
    {
        var path = Path.Combine(_folder, "city.mmdb");
        File.WriteAllBytes(path, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")).ToArray());
        using var file = CityDatabase.Open(path, _folder);
        File.WriteAllBytes(path, []);
        Find(file, "81.2.69.142").ShouldBe("GB/England/London");
        Directory.GetFiles(_folder).ShouldBe([path], "the copy has no name");
    }

    [Fact]
    public void Memory_stays_mapped_for_an_active_reader()
    {
        var path = Path.Combine(_folder, "city.mmdb");
        File.WriteAllBytes(path, new MmdbWriter().With("81.2.69.0/24", MmdbWriter.Place("GB", "England", "London")).ToArray());
        var file = Mmdb.Open(path, _folder);
        file.TryEnter().ShouldBeTrue();
        file.Dispose();
        var offset = file.Find([81, 2, 69, 142]);
        file.ValueAt(offset).TryGet("city"u8, out var city).ShouldBeTrue();
        city.ToString().ShouldBe("London");
        file.Leave();
        file.TryEnter().ShouldBeFalse("no new reader is admitted");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private CityDatabase Open(MmdbWriter writer) => Open(writer.ToArray());

    private CityDatabase Open(byte[] bytes)
    {
        var path = Path.Combine(_folder, "opened.mmdb");
        File.WriteAllBytes(path, bytes);
        return CityDatabase.Open(path, _folder);
    }

    /// <returns>The message of the refusal; empty if the file is accepted.</returns>
    private string Refusal(byte[] bytes)
    {
        try
        {
            Open(bytes).Dispose();
            return "";
        }
        catch (InvalidDataException refused)
        {
            return refused.Message;
        }
    }

    private static string Find(CityDatabase file, string address)
    {
        file.TryFind(IPAddress.Parse(address).GetAddressBytes(), out var place).ShouldBeTrue();
        return place.ToString();
    }
}
