using System.ComponentModel.DataAnnotations;
using LinkShort.Contracts;
using LinkShort.Links.Domain;

namespace LinkShort.Links;

/// <summary>Settings <c>Links__*</c>.</summary>
public sealed class LinksOptions : ShortUrlOptions
{
    /// <summary>Further hosts of this installation that links may not lead to, separated by commas. ShortUrlBase's host is always included.</summary>
    public string OwnHosts { get; set; } = "";

    /// <summary>Allows links to private, loopback and reserved addresses and names, for installations inside a company network.</summary>
    public bool AllowPrivateDestinations { get; set; }

    /// <summary>The default domain as shown to users: <c>host</c> or <c>host:port</c>, in lower case.</summary>
    internal string DefaultDomain => new Uri(ShortUrlBase).Authority;

    internal string DefaultHost => new Uri(ShortUrlBase).IdnHost;

    internal IEnumerable<string> AllOwnHosts => [DefaultHost, .. OwnHostList];

    private string[] OwnHostList => OwnHosts.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries);

    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var result in base.Validate(validationContext))
        {
            yield return result;
        }

        foreach (var host in OwnHostList.Where(host => !System.Net.IPAddress.TryParse(host.Trim('[', ']'), out _) && !TargetUrl.TryGetAsciiName(host, out _)))
        {
            yield return new ValidationResult($"'{host}' is not a host name. Write names such as go.example.com, separated by commas.", [nameof(OwnHosts)]);
        }
    }
}
