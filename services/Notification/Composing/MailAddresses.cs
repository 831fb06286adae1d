using System.Text;
using MimeKit;

namespace LinkShort.Notification.Composing;

/// <summary>Addresses for recipients and senders. Stricter than RFC 5322: nothing that could break out of a header or an SMTP command.</summary>
public static class MailAddresses
{
    /// <summary>RFC 5321, erratum 1690.</summary>
    private const int MaxLength = 254;

    private static readonly ParserOptions Strict = new()
    {
        AddressParserComplianceMode = RfcComplianceMode.Strict,
        AllowAddressesWithoutDomain = false,
        AllowUnquotedCommasInAddresses = false,
    };

    /// <summary>One bare address: no name, no angle brackets, no comment.</summary>
    public static bool TryParseBare(string? text, out MailboxAddress address) =>
        TryParse(text, out address) && address.Name is null && text!.Trim().Split('@')[0] == address.LocalPart;

    /// <param name="text"><c>a@b.example</c> or <c>Name &lt;a@b.example&gt;</c>.</param>
    public static bool TryParse(string? text, out MailboxAddress address)
    {
        address = null!;
        if (string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl) || !MailboxAddress.TryParse(Strict, text.Trim(), out var parsed))
        {
            return false;
        }

        // The domain in ASCII form; unchanged if it has none.
        var whole = parsed.GetAddress(idnEncode: true);
        // Quoted local parts are legal, but practically only used to smuggle commands.
        if (whole.Length > MaxLength
            || !Ascii.IsValid(whole.AsSpan(whole.LastIndexOf('@') + 1))
            || whole.Any(character => char.IsWhiteSpace(character) || character is '<' or '>' or '"' or ',' or ';' or '\\' || char.IsSurrogate(character)))
        {
            return false;
        }

        address = new MailboxAddress(string.IsNullOrEmpty(parsed.Name) ? null : parsed.Name, whole);
        return true;
    }
}
