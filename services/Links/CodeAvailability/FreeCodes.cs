using System.Globalization;
using System.Text;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Links.CodeAvailability;

/// <summary>Which codes a link can have, and which ones to suggest instead.</summary>
public sealed class FreeCodes(Database database, CodeKeys keys, CodeGenerator generator)
{
    private const int Suggestions = 3;

    /// <summary>Enough that three of them are free in practice.</summary>
    private const int MaxNumber = 12;

    /// <returns>Those of the codes that the link can have, in their order.</returns>
    public async Task<IReadOnlyList<string>> AmongAsync(string domain, IReadOnlyList<string> codes, Guid workspaceId, Guid? linkId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var taken = await LinkCodes.TakenAsync(connection, domain, [.. codes.Select(code => keys.Of(domain, code))], workspaceId, linkId, cancellationToken);
        return [.. codes.Where(code => !taken.Contains(keys.Of(domain, code)))];
    }

    /// <returns>Free codes like one that can't be had, likely ones first.</returns>
    public async Task<IReadOnlyList<string>> LikeAsync(string domain, string wanted, Guid workspaceId, Guid? linkId, CancellationToken cancellationToken) =>
        [.. (await AmongAsync(domain, [.. Candidates(wanted)], workspaceId, linkId, cancellationToken)).Take(Suggestions)];

    private IEnumerable<string> Candidates(string wanted)
    {
        var stem = Cleaned(wanted);
        var drawn = generator.Next().Value;
        IEnumerable<string> candidates = stem.Length == 0
            ? [drawn]
            :
            [
                stem,
                .. Enumerable.Range(2, MaxNumber).Select(number => $"{stem}-{number.ToString(CultureInfo.InvariantCulture)}"),
                $"{stem}-{drawn[..3]}",
                drawn,
            ];
        return candidates.Where(code => code != wanted && Slug.TryParse(code, out _, out _)).Distinct(StringComparer.Ordinal);
    }

    /// <summary>With a hyphen for each run of characters that a code can't have.</summary>
    private static string Cleaned(string wanted)
    {
        var parts = new List<string>();
        var part = "";
        foreach (var rune in wanted.Length > Slug.MaxLength ? wanted[..(Slug.MaxLength - 8)].EnumerateRunes() : wanted.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || rune.Value is '-' or '_' or '.' or '~' or '/')
            {
                part += rune.ToString();
            }
            else if (part.Length > 0)
            {
                parts.Add(part);
                part = "";
            }
        }

        return string.Join('-', parts.Append(part).Where(each => each.Length > 0)).Trim('/', '-', '.');
    }
}
