using LinkShort.Contracts;
using Microsoft.Extensions.Options;

namespace LinkShort.Links.Domain;

/// <summary>The form of codes in which a domain keeps them apart. People see the spelling that was chosen.</summary>
public sealed class CodeKeys(IOptions<ShortDomainOptions> shortDomain)
{
    private readonly bool _folded = shortDomain.Value.CaseInsensitiveCodes;

    /// <param name="domain">Empty for the installation's own short host, which is the only one with a switch so far.</param>
    public string Of(string domain, string code)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return domain.Length == 0 && _folded ? CodeFolding.Fold(code) : code;
    }

    /// <summary>Of the code and all aliases, each once.</summary>
    internal HashSet<string> Of(Link link) =>
        [.. link.Aliases.Append(link.Code).Select(code => Of(link.Domain, code))];
}
