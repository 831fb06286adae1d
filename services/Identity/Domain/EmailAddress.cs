using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Domain;

/// <summary>
/// A deliverable email address: a dot-atom (RFC 5321, 4.1.2, extended to Unicode by RFC 6531), <c>@</c>, and a domain of two
/// labels or more. Quoted local parts, comments and address literals are refused, because they are typing errors in practice.
/// </summary>
/// <param name="Value">Stored, shown and sent to: the local part as typed (NFC), the domain in lower case and Unicode.</param>
/// <param name="Normalized">Compared: lower case, the domain in its ASCII form (RFC 5891).</param>
public sealed record EmailAddress(string Value, string Normalized)
{
    /// <summary>In octets, of the ASCII form: RFC 5321, 4.5.3.1.3, less the angle brackets.</summary>
    public const int MaxLength = 254;

    /// <summary>In octets: RFC 5321, 4.5.3.1.1.</summary>
    public const int MaxLocalPartLength = 64;

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    /// <param name="error">A sentence that states the rule, or null.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out EmailAddress? address, [NotNullWhen(false)] out LocalizedText? error)
    {
        address = null;
        // Pasted addresses often have surrounding spaces. Everything else that is wrong is an error.
        var trimmed = text.Trim(' ');
        if (trimmed.Length == 0)
        {
            error = FieldRules.Required;
            return false;
        }

        if (trimmed.Length > MaxLength)
        {
            error = FieldRules.MaxCharacters(MaxLength);
            return false;
        }

        error = IdentityTexts.Of("accounts.email");
        var at = trimmed.LastIndexOf('@');
        if (at < 1 || !UnicodeText.TryCompose(trimmed[..at], out var local) || !IsDotAtom(local) || ToAscii(trimmed[(at + 1)..]) is not { } domain)
        {
            return false;
        }

        if (Encoding.UTF8.GetByteCount(local) > MaxLocalPartLength)
        {
            error = IdentityTexts.Of("accounts.emailLocalPart", ("max", MaxLocalPartLength));
            return false;
        }

        if (Encoding.UTF8.GetByteCount(local) + 1 + domain.Length > MaxLength)
        {
            error = FieldRules.MaxCharacters(MaxLength);
            return false;
        }

        error = null;
        address = new EmailAddress($"{local}@{Idn.GetUnicode(domain)}", $"{local.ToLowerInvariant()}@{domain}");
        return true;
    }

    /// <summary>For logs: enough to recognise your own address, too little to learn someone else's.</summary>
    public override string ToString() => $"{Value[0]}…@…";

    private static bool IsDotAtom(string local)
    {
        if (local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var rune in local.EnumerateRunes())
        {
            var allowed = rune.IsAscii
                ? Rune.IsLetterOrDigit(rune) || "!#$%&'*+-/=?^_`{|}~.".Contains((char)rune.Value, StringComparison.Ordinal)
                : Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            if (!allowed)
            {
                return false;
            }
        }

        return true;
    }

    private static string? ToAscii(string domain)
    {
        string ascii;
        try
        {
            ascii = Idn.GetAscii(domain).ToLowerInvariant();
            // A label that starts with xn-- must be the encoding of a Unicode label, not arbitrary ASCII.
            if (!string.Equals(Idn.GetAscii(Idn.GetUnicode(ascii)), ascii, StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }
        }
        catch (ArgumentException)
        {
            return null;
        }

        var labels = ascii.Split('.');
        return labels.Length >= 2 && ascii.Length <= 253 && labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit) ? ascii : null;
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}

/// <summary>Makes ASP.NET Core Identity compare addresses as <see cref="EmailAddress.Normalized"/>.</summary>
public sealed class EmailNormalizer : ILookupNormalizer
{
    public string? NormalizeEmail(string? email) =>
        email is not null && EmailAddress.TryParse(email, out var address, out _) ? address.Normalized : email?.ToLowerInvariant();

    public string? NormalizeName(string? name) => NormalizeEmail(name);
}
