using System.Text;
using LinkShort.Contracts;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// The form in which codes are looked up: without the variation selectors of emoji, and folded if <c>ShortDomain__CaseInsensitiveCodes</c> is
/// set. links keeps codes unique in the same form.
/// </summary>
public sealed class CodeCase(IOptions<ShortDomainOptions> shortDomain)
{
    /// <summary>Whether codes of the installation's own short host are case-insensitive.</summary>
    public bool IsFolding { get; } = shortDomain.Value.CaseInsensitiveCodes;

    /// <summary>The key of a code of the own short host. Allocates only for codes that it changes.</summary>
    public ReadOnlySpan<char> KeyOf(ReadOnlySpan<char> code) =>
        (IsFolding ? Ascii.IsValid(code) && !code.ContainsAnyInRange('A', 'Z') : !CodeFolding.HasPresentation(code))
            ? code
            : CodeFolding.KeyOf(code.ToString(), IsFolding);

    public RouteKey KeyOf(string domain, string code)
    {
        return new RouteKey(domain, CodeFolding.KeyOf(code, IsFolding && domain.Length == 0));
    }
}
