using System.Text;
using CsvHelper;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.ServiceDefaults.Tests.Privacy;

public sealed class SpreadsheetWriterTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData(null, "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"yes\"", "\"say \"\"yes\"\"\"")]
    [InlineData("two\r\nlines", "\"two\r\nlines\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("-2", "'-2")]
    [InlineData("@name", "'@name")]
    [InlineData("\tx", "'\tx")]
    [InlineData("  =1+1", "'  =1+1")]
    [InlineData("\u3000\uFF1D1", "'\u3000\uFF1D1")]
    public async Task A_cell_is_quoted_where_needed_and_never_starts_a_formula(string? cell, string written) =>
        (await WriteAsync([[cell, "next"]])).ShouldBe(written + ",next\r\n");

    [Fact]
    public async Task Every_record_is_read_back_as_it_was_written()
    {
        string[][] records = [["id", "note"], ["1", "a \"quoted\", cell\nover lines"], ["2", " leading space"], ["3", "überall, 漢字, العربية"]];

        using var reader = CsvReader.Create(new StringReader(await WriteAsync(records)), CsvReaderOptions.Default with { HasHeader = false });
        var read = new List<string[]>();
        while (reader.Read())
        {
            read.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        }

        read.ShouldBe(records);
    }

    private static async Task<string> WriteAsync(IEnumerable<string?[]> records)
    {
        using var stream = new MemoryStream();
        await using (var csv = new SpreadsheetWriter(stream))
        {
            foreach (var record in records)
            {
                await csv.WriteAsync(record, TestContext.Current.CancellationToken);
            }
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
