using System.ComponentModel.DataAnnotations;
using System.Net;

namespace LinkShort.Identity.Sso;

/// <summary>The DNS server, under <c>Dns__…</c>.</summary>
public sealed class DnsOptions : IValidatableObject
{
    public const string Section = "Dns";

    /// <summary>Address and port, such as <c>127.0.0.1:53</c>; empty for the machine's own servers.</summary>
    public string Server { get; set; } = "";

    internal IPEndPoint? EndPoint => IPEndPoint.TryParse(Server, out var parsed) ? new IPEndPoint(parsed.Address, parsed.Port == 0 ? 53 : parsed.Port) : null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Server.Length > 0 && EndPoint is null)
        {
            yield return new ValidationResult($"'{Server}' is not the address of a DNS server. Set it to one such as 192.0.2.53:53 or [2001:db8::53]:53.", [nameof(Server)]);
        }
    }
}
