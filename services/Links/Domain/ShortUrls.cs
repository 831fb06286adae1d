using LinkShort.ServiceDefaults.Http;
using Microsoft.Extensions.Options;

namespace LinkShort.Links.Domain;

/// <summary>The installation's own short host and the short URLs on it.</summary>
public sealed class ShortUrls(IOptions<LinksOptions> options)
{
    private readonly string _base = options.Value.ShortUrlBase.TrimEnd('/');
    private readonly string _defaultDomain = options.Value.DefaultDomain;
    private readonly string _defaultHost = options.Value.DefaultHost;

    /// <summary>A URL in the sense of RFC 3986: characters outside ASCII are percent-encoded as UTF-8.</summary>
    public string Of(Link link)
    {
        return $"{_base}/{string.Join('/', link.Code.Split('/').Select(Uri.EscapeDataString))}";
    }

    public string DomainOf(Link link) => NameOf(link.Domain);

    /// <param name="domain">As stored: empty for the default domain.</param>
    public string NameOf(string domain) => domain.Length == 0 ? _defaultDomain : domain;

    /// <returns>The domain as stored. Custom domains are not supported yet.</returns>
    public string Domain(string? domain, ValidationErrors errors)
    {
        if (domain is not null
            && !domain.Equals(_defaultDomain, StringComparison.OrdinalIgnoreCase)
            && !domain.Equals(_defaultHost, StringComparison.OrdinalIgnoreCase))
        {
            errors.Add("domain", LinksTexts.Of("codes.domain", ("domain", _defaultDomain)));
        }

        return "";
    }
}
