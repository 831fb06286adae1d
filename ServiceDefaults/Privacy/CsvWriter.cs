namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>
/// Comma-separated values (RFC 4180) that spreadsheets don't execute: a cell that starts like a formula is prefixed with an apostrophe, as
/// OWASP advises (CSV injection).
/// </summary>
public sealed class CsvWriter(TextWriter writer)
{
    /// <summary>One record. Null is an empty cell.</summary>
    public async Task WriteAsync(IReadOnlyList<string?> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        for (var index = 0; index < cells.Count; index++)
        {
            if (index > 0)
            {
                await writer.WriteAsync(',');
            }

            await writer.WriteAsync(Cell(cells[index]));
        }

        await writer.WriteAsync("\r\n");
    }

    internal static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        // Spreadsheets also recognise formulas after leading spaces and in full-width characters.
        var safe = text.TrimStart(' ', '\u00A0', '\u3000') is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20', ..]
            ? "'" + text
            : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 && safe[0] is not ' ' ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
