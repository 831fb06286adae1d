using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapper;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>One service's part of an export: the person's rows of each table of its map, as JSON and as CSV.</summary>
public static class ExportPart
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };


    /// <summary>Writes the part. Needs a transaction with a consistent snapshot.</summary>
    /// <returns>A ZIP and its number of rows. Tables without rows of the person are left out.</returns>
    public static async Task<(byte[] Zip, long Rows)> WriteAsync(
        DataMap map, NpgsqlConnection connection, NpgsqlTransaction transaction, Guid userId, IReadOnlyList<Guid> workspaces, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(connection);
        using var bytes = new MemoryStream();
        long rows = 0;
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var table in map.Tables.Where(table => table.Subject is not null && table.Exported.Length > 0))
            {
                var columns = MappedTable.Split(table.Exported);
                // No injection: the names come from our own map.
                var sql = $"select to_jsonb(r)::text from (select {string.Join(", ", columns.Select(MappedTable.Select))} from {table.Name} where {table.Subject}) r";
                var found = await connection.QueryAsync<string>(
                    sql, new { UserId = (Guid?)userId, Workspaces = workspaces.ToArray() }, cancellationToken);
                if (found.Count > 0)
                {
                    var records = found.Select(text => JsonSerializer.Deserialize<JsonElement>(text)).ToList();
                    rows += records.Count;
                    await WriteJsonAsync(zip, table.Name, records, cancellationToken);
                    await WriteCsvAsync(zip, table.Name, [.. columns.Select(MappedTable.NameOf)], records, cancellationToken);
                }
            }
        }

        return (bytes.ToArray(), rows);
    }

    private static async Task WriteJsonAsync(ZipArchive zip, string name, List<JsonElement> records, CancellationToken cancellationToken)
    {
        await using var stream = await zip.CreateEntry(name + ".json").OpenAsync(cancellationToken);
        await JsonSerializer.SerializeAsync(stream, records, Readable, cancellationToken);
    }

    private static async Task WriteCsvAsync(ZipArchive zip, string name, string[] columns, List<JsonElement> records, CancellationToken cancellationToken)
    {
        await using var stream = await zip.CreateEntry(name + ".csv").OpenAsync(cancellationToken);
        await using var csv = new SpreadsheetWriter(stream);
        await csv.WriteAsync(columns, cancellationToken);
        foreach (var record in records)
        {
            await csv.WriteAsync([.. columns.Select(column => Cell(record.GetProperty(column)))], cancellationToken);
        }
    }

    private static string? Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };
}
