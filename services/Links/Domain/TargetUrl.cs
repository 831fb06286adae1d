using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;
using LinkShort.Blocklist;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Links.Domain;

/// <summary>
/// A destination: an http or https URL of at most 2,048 characters, kept byte for byte.
/// Hosts are parsed as browsers parse them (https://url.spec.whatwg.org/#host-parsing), so that no spelling of a private
/// address or of our own host is missed: full-width digits, octal and hexadecimal numbers, percent-encoding, a trailing dot.
/// Names are not resolved: the result can change at any time, and only the visitor's browser follows them.
/// </summary>
public sealed record TargetUrl
{
    public const int MaxLength = 2048;

    private static readonly IdnMapping Idn = new() { AllowUnassigned = false, UseStd3AsciiRules = false };

    /// <summary>Names of private networks: RFC 6761, RFC 6762, RFC 8375, ICANN's .internal, and common practice.</summary>
    private static readonly string[] PrivateSuffixes =
        [".localhost", ".local", ".localdomain", ".internal", ".intranet", ".private", ".corp", ".home", ".lan", ".home.arpa"];

    private TargetUrl(string value) => Value = value;

    public string Value { get; }

    /// <param name="error">States the rule, for the user.</param>
    public static bool TryParse(
        string? text, DestinationPolicy policy, [NotNullWhen(true)] out TargetUrl? url, [NotNullWhen(false)] out LocalizedText? error)
    {
        error = string.IsNullOrEmpty(text) ? FieldRules.Required : ErrorIn(text, policy) ?? policy.Objection(text);
        url = error is null ? new TargetUrl(text!) : null;
        return error is null;
    }

    public override string ToString() => Value;

    private static LocalizedText? ErrorIn(string text, DestinationPolicy policy)
    {
        if (Characters.Exceed(text, MaxLength))
        {
            return FieldRules.MaxCharacters(MaxLength);
        }

        if (!Slug.IsWellFormed(text))
        {
            return FieldRules.Unicode;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsAllowed(rune))
            {
                return LinksTexts.Of("destinations.character", ("character", $"U+{rune.Value:X4}"));
            }
        }

        var authorityStart = text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8
            : text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : -1;
        if (authorityStart < 0)
        {
            return LinksTexts.Of("destinations.scheme");
        }

        var rest = text[authorityStart..];
        var end = rest.AsSpan().IndexOfAny('/', '?', '#');
        var authority = end < 0 ? rest : rest[..end];
        return authority.Contains('@', StringComparison.Ordinal)
            ? LinksTexts.Of("destinations.credentials")
            : ErrorInAuthority(authority, policy);
    }

    private static LocalizedText? ErrorInAuthority(string authority, DestinationPolicy policy)
    {
        var hostEnd = authority.StartsWith('[') ? authority.IndexOf(']', StringComparison.Ordinal) + 1 : authority.IndexOf(':', StringComparison.Ordinal);
        var host = hostEnd > 0 ? authority[..hostEnd] : authority;
        var port = hostEnd > 0 ? authority[hostEnd..] : "";
        if (port.Length > 0
            && !(port[0] == ':' && int.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535))
        {
            return LinksTexts.Of("destinations.port");
        }

        if (host.Length == 0 || host[0] == ':')
        {
            return LinksTexts.Of("destinations.noHost");
        }

        return host[0] == '[' ? ErrorInIPv6(host, policy) : ErrorInName(host, policy);
    }

    private static LocalizedText? ErrorInIPv6(string host, DestinationPolicy policy)
    {
        if (host.Contains('%', StringComparison.Ordinal) || !host.EndsWith(']') || !IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var address)
            || address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            return LinksTexts.Of("destinations.ipv6");
        }

        return ErrorInAddress(address, policy);
    }

    private static LocalizedText? ErrorInName(string host, DestinationPolicy policy)
    {
        if (!TryGetAsciiName(host, out var name))
        {
            return LinksTexts.Of("destinations.name");
        }

        if (NumericHost.EndsInNumber(name))
        {
            return NumericHost.TryParse(name, out var address) ? ErrorInAddress(address, policy) : LinksTexts.Of("destinations.ipv4");
        }

        if (policy.IsOwnHost(name))
        {
            return OwnHost;
        }

        // A name without a dot resolves in the visitor's own network.
        var isPrivate = !name.Contains('.', StringComparison.Ordinal) || PrivateSuffixes.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal));
        return isPrivate && !policy.AllowPrivate ? PrivateHost : null;
    }

    private static LocalizedText? ErrorInAddress(IPAddress address, DestinationPolicy policy)
    {
        if (policy.IsOwnHost(DestinationPolicy.Canonical(address)))
        {
            return OwnHost;
        }

        return policy.AllowPrivate || SpecialAddresses.IsPublic(address) ? null : PrivateHost;
    }

    private static LocalizedText OwnHost => LinksTexts.Of("destinations.ownHost");

    private static LocalizedText PrivateHost => LinksTexts.Of("destinations.privateHost");

    /// <summary>Lower case, ASCII (RFC 5891, mapped as in UTS #46), without the trailing dot; false if it can't be a DNS name.</summary>
    internal static bool TryGetAsciiName(string host, [NotNullWhen(true)] out string? name)
    {
        name = null;
        // Browsers decode %31 in hosts, but no legitimate URL contains it.
        if (host.Contains('%', StringComparison.Ordinal))
        {
            return false;
        }

        string ascii;
        try
        {
            var mapped = host.Normalize(NormalizationForm.FormKC).Replace('\u3002', '.').ToLowerInvariant();
            ascii = Ascii.IsValid(mapped) ? mapped : Idn.GetAscii(mapped).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return false;
        }

        if (ascii.EndsWith('.'))
        {
            ascii = ascii[..^1];
        }

        if (ascii.Length is 0 or > 253 || !ascii.Split('.').All(IsLabel))
        {
            return false;
        }

        name = ascii;
        return true;
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-'
        && label.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '-' or '_');

    /// <summary>Characters that browsers strip, rewrite or display differently must be percent-encoded.</summary>
    private static bool IsAllowed(Rune rune)
    {
        if (rune.IsAscii)
        {
            return rune.Value is > ' ' and < 0x7F and not '\\' and not '<' and not '>';
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => false,
            // The joiners of emoji and Indic scripts; all other format characters hide or reorder text.
            UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
            _ => rune.Value is not (0xFFFC or 0xFFFD),
        };
    }
}
