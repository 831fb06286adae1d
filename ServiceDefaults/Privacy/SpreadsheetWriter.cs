using CsvHelper;

namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>
/// Comma-separated values (RFC 4180) in UTF-8 that spreadsheets don't execute: a cell that starts like a formula is prefixed with an
/// apostrophe, as OWASP advises (CSV injection). The stream stays open.
/// </summary>
public sealed class SpreadsheetWriter(Stream stream) : IAsyncDisposable
{
    private readonly CsvWriter _csv = CsvWriter.Create(stream, leaveOpen: true);

    /// <summary>One record. Null is an empty cell.</summary>
    public ValueTask WriteAsync(IReadOnlyList<string?> cells, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cells);
        foreach (var cell in cells)
        {
            _csv.WriteField(Defused(cell));
        }

        return _csv.EndRecordAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _csv.DisposeAsync();

    // CsvHelper's own guard looks at the first character only. Spreadsheets also recognise formulas after leading spaces and in full-width characters.
    private static string? Defused(string? text) =>
        text?.TrimStart(' ', '\u00A0', '\u3000') is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20', ..]
            ? "'" + text
            : text;
}
