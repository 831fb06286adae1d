using System.Globalization;
using System.Net.Mail;

namespace LinkShort.Notification.Composing;

/// <summary>An address that mail can be sent to or from, with a name to show. Holds nothing that could break out of a header or an SMTP command.</summary>
/// <param name="Address">local@domain, at most 254 characters (RFC 5321, erratum 1690); the domain in ASCII form.</param>
public sealed record MailboxAddress(string? Name, string Address)
{
    private const int MaxLength = 254;

    public string Domain => Address[(Address.LastIndexOf('@') + 1)..];

    public bool IsAscii => Address.All(char.IsAscii);

    /// <summary>One address and nothing else: what somebody signed up with.</summary>
    public static bool TryParseBare(string? text, out MailboxAddress address) =>
        TryParse(text, out address) && address.Name is null && text!.Trim().Split('@')[0] == address.Address.Split('@')[0];

    /// <param name="text"><c>a@b.example</c> or <c>Name &lt;a@b.example&gt;</c>.</param>
    public static bool TryParse(string? text, out MailboxAddress address)
    {
        address = null!;
        if (string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl) || !MailAddress.TryCreate(text.Trim(), out var parsed))
        {
            return false;
        }

        string domain;
        try
        {
            domain = parsed.Host.StartsWith('[') ? parsed.Host : new IdnMapping().GetAscii(parsed.Host);
        }
        catch (ArgumentException)
        {
            return false;
        }

        var whole = $"{parsed.User}@{domain}";
        // Quoted local parts are legal, and never somebody's; they are how commands get smuggled.
        if (whole.Length > MaxLength || whole.Any(character => char.IsWhiteSpace(character) || character is '<' or '>' or '"' or ',' or ';' or '\\' || char.IsSurrogate(character)))
        {
            return false;
        }

        address = new MailboxAddress(parsed.DisplayName is { Length: > 0 } name ? name : null, whole);
        return true;
    }
}
