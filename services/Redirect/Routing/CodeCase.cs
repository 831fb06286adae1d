using System.Text;
using LinkShort.Contracts;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// The form in which codes are looked up: as they are, or folded where <c>ShortDomain__CaseInsensitiveCodes</c> is set. links keeps
/// codes unique in the same form.
/// </summary>
public sealed class CodeCase(IOptions<ShortDomainOptions> shortDomain)
{
    /// <summary>Whether capital and small letters are the same, on the installation's own short host.</summary>
    public bool IsFolding { get; } = shortDomain.Value.CaseInsensitiveCodes;

    /// <summary>For a code of the own short host. Allocates for codes alone that it changes.</summary>
    public ReadOnlySpan<char> KeyOf(ReadOnlySpan<char> code) =>
        !IsFolding || (Ascii.IsValid(code) && !code.ContainsAnyInRange('A', 'Z')) ? code : CodeFolding.Fold(code.ToString());

    public RouteKey KeyOf(string domain, string code)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return new RouteKey(domain, IsFolding && domain.Length == 0 ? CodeFolding.Fold(code) : code);
    }
}
