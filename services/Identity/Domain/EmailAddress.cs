using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Domain;

/// <summary>
/// An address that mail can be sent to: a dot-atom (RFC 5321, 4.1.2, widened to Unicode by RFC 6531), <c>@</c>, and a domain of two
/// labels or more. No quoted local parts, comments or address literals: nobody signs up with one on purpose.
/// </summary>
/// <param name="Value">What is stored, shown and sent to: the local part as typed (NFC), the domain in lower case and Unicode.</param>
/// <param name="Normalized">What is compared: lower case, the domain in its ASCII form (RFC 5891).</param>
public sealed record EmailAddress(string Value, string Normalized)
{
    /// <summary>In octets, of the ASCII form: RFC 5321, 4.5.3.1.3, less the angle brackets.</summary>
    public const int MaxLength = 254;

    /// <summary>In octets: RFC 5321, 4.5.3.1.1.</summary>
    public const int MaxLocalPartLength = 64;

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    /// <param name="error">A sentence that says what would be right, or null.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out EmailAddress? address, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = null;
        // Pasted addresses often carry spaces around; everything else that is wrong is told.
        var trimmed = text.Trim(' ');
        if (trimmed.Length == 0)
        {
            error = "This is required.";
            return false;
        }

        if (trimmed.Length > MaxLength)
        {
            error = $"At most {MaxLength} characters.";
            return false;
        }

        error = "Must be an email address such as ada@example.com.";
        var at = trimmed.LastIndexOf('@');
        if (at < 1 || !UnicodeText.TryCompose(trimmed[..at], out var local) || !IsDotAtom(local) || ToAscii(trimmed[(at + 1)..]) is not { } domain)
        {
            return false;
        }

        if (Encoding.UTF8.GetByteCount(local) > MaxLocalPartLength)
        {
            error = $"At most {MaxLocalPartLength} bytes before the @.";
            return false;
        }

        if (Encoding.UTF8.GetByteCount(local) + 1 + domain.Length > MaxLength)
        {
            error = $"At most {MaxLength} characters.";
            return false;
        }

        error = null;
        address = new EmailAddress($"{local}@{Idn.GetUnicode(domain)}", $"{local.ToLowerInvariant()}@{domain}");
        return true;
    }

    /// <summary>For logs: enough to recognise one's own, too little to learn another's.</summary>
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
            // A label that starts with xn-- must be one that Unicode leads to, not just any ASCII.
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
