using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using LinkShort.Identity.Domain;
using LinkShort.Localization;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Accounts.DisposableEmail;

/// <summary>Providers of short-lived mailboxes that anyone can read.</summary>
public sealed class DisposableEmailDomains
{
    // The largest providers; operators add others with a file.
    private static readonly string[] BuiltIn =
    [
        "0-mail.com", "10minutemail.com", "10minutemail.net", "20minutemail.com", "33mail.com", "anonbox.net", "burnermail.io", "byom.de",
        "cock.li", "crazymailing.com", "deadaddress.com", "discard.email", "discardmail.com", "dispostable.com", "dropmail.me", "easytrashmail.com",
        "emailfake.com", "emailondeck.com", "emltmp.com", "fakeinbox.com", "fakemail.net", "fakemailgenerator.com", "generator.email", "getairmail.com",
        "getnada.com", "grr.la", "guerrillamail.biz", "guerrillamail.com", "guerrillamail.de", "guerrillamail.info", "guerrillamail.net",
        "guerrillamail.org", "guerrillamailblock.com", "inboxbear.com", "inboxkitten.com", "incognitomail.org", "jetable.org", "linshiyouxiang.net",
        "mail-temp.com", "mail.tm", "mail7.io", "mailcatch.com", "maildrop.cc", "mailexpire.com", "mailforspam.com", "mailinator.com",
        "mailinator.net", "mailinator2.com", "mailnesia.com", "mailnull.com", "mailpoof.com", "mailsac.com", "mailtemp.net", "minuteinbox.com",
        "mintemail.com", "moakt.com", "mohmal.com", "mytemp.email", "mytrashmail.com", "nada.email", "noclickemail.com", "nospam.ze.tc",
        "pokemail.net", "sharklasers.com", "spam4.me", "spambog.com", "spambox.us", "spamgourmet.com", "temp-mail.io", "temp-mail.org",
        "tempail.com", "tempinbox.com", "tempmail.com", "tempmail.dev", "tempmail.net", "tempmail.plus", "tempmailaddress.com", "tempmailo.com",
        "tempr.email", "throwam.com", "throwawaymail.com", "trash-mail.com", "trashmail.com", "trashmail.de", "trashmail.net", "trashmail.ws",
        "trbvm.com", "wegwerfemail.de", "wegwerfmail.de", "yopmail.com", "yopmail.fr", "yopmail.net", "zetmail.com",
    ];

    private readonly FrozenSet<string> _domains;

    public DisposableEmailDomains(IOptions<IdentityServiceOptions> options)
    {
        var value = options.Value;
        _domains = !value.RefuseDisposableEmail ? [] : BuiltIn.Concat(ReadFile(value.DisposableEmailDomainsFile)).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>As <see cref="EmailAddress.TryParse"/>, but disposable addresses are errors too.</summary>
    /// <param name="error">A sentence that states the rule, or null.</param>
    public bool TryAccept(string text, [NotNullWhen(true)] out EmailAddress? email, [NotNullWhen(false)] out LocalizedText? error)
    {
        if (!EmailAddress.TryParse(text, out email, out error))
        {
            return false;
        }

        error = IsDisposable(email) ? IdentityTexts.Of("accounts.disposableEmail") : null;
        return error is null;
    }

    /// <summary>Subdomains count as well: many providers have a name for each mailbox.</summary>
    private bool IsDisposable(EmailAddress email)
    {
        var domain = email.Normalized[(email.Normalized.LastIndexOf('@') + 1)..];
        for (var dot = -1; _domains.Count > 0 && domain.IndexOf('.', dot + 1) is var next; dot = next)
        {
            if (_domains.Contains(domain[(dot + 1)..]))
            {
                return true;
            }

            if (next < 0)
            {
                break;
            }
        }

        return false;
    }

    /// <summary>One domain per line; empty lines and lines that start with # are ignored.</summary>
    private static IEnumerable<string> ReadFile(string? path) => path is not { Length: > 0 }
        ? []
        : File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').Select(Ascii);

    private static string Ascii(string domain)
    {
        try
        {
            return new IdnMapping().GetAscii(domain).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            // Matches no valid domain.
            return domain;
        }
    }
}
