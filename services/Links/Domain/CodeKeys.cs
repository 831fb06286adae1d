using LinkShort.Contracts;
using Microsoft.Extensions.Options;

namespace LinkShort.Links.Domain;

/// <summary>Maps codes to the keys that are unique within a domain. Responses show the original spelling.</summary>
public sealed class CodeKeys(IOptions<ShortDomainOptions> shortDomain)
{
    private readonly bool _folded = shortDomain.Value.CaseInsensitiveCodes;

    /// <param name="domain">Empty for the installation's own short host, the only one with a setting so far.</param>
    public string Of(string domain, string code)
    {
        return CodeFolding.KeyOf(code, ignoresCase: domain.Length == 0 && _folded);
    }

    /// <summary>The distinct keys of the code and all aliases.</summary>
    internal HashSet<string> Of(Link link) =>
        [.. link.Aliases.Append(link.Code).Select(code => Of(link.Domain, code))];
}
