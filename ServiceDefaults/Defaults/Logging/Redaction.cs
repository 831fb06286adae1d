using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace LinkShort.ServiceDefaults.Logging;

/// <summary>Removes from texts what must not be in a log: email addresses, visitors' addresses, tokens and passwords.</summary>
public static partial class Redaction
{
    public const string Email = "[e-mail]";
    public const string Address = "[address]";
    public const string Token = "[secret]";

    /// <summary>Removes all of it, for log lines.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? All(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return text;
        }

        var masked = Secrets(text);
        if (masked.Contains('@', StringComparison.Ordinal) || masked.Contains("%40", StringComparison.Ordinal))
        {
            masked = Emails().Replace(masked, Email);
        }

        return Addresses().Replace(masked, match => IsAddress(match.Value) ? Address : match.Value);
    }

    /// <summary>Removes only tokens, keys and named passwords, for the audit log, which contains addresses on purpose.</summary>
    public static string Secrets(string text) => Named().Replace(Tokens().Replace(text, Token), "$1" + Token);

    public static bool HasSecret(string text) => Tokens().IsMatch(text);

    /// <summary>Whether every value under this name is a secret.</summary>
    public static bool IsSecretName(string name) => SecretNames().IsMatch(name);

    private static bool IsAddress(string text)
    {
        // Versions and times look like addresses. Loopback addresses of our own servers are kept.
        var address = text.TrimEnd(':', '.');
        return address.Count(character => character is '.') is 3 or 0 || address.Contains(':', StringComparison.Ordinal)
            ? IPAddress.TryParse(address, out var parsed) && !IPAddress.IsLoopback(parsed) && !parsed.Equals(IPAddress.Any) && !parsed.Equals(IPAddress.IPv6Any)
                && (parsed.AddressFamily == AddressFamily.InterNetwork || address.Count(character => character is ':') > 1)
            : false;
    }

    [GeneratedRegex("""[A-Za-z0-9.!#$*+_~{|}^\-\u00A1-\uFFFF]{1,64}(?:@|%40)[A-Za-z0-9\-\u00A1-\uFFFF]{1,63}(?:\.[A-Za-z0-9\-\u00A1-\uFFFF]{1,63}){1,8}""")]
    private static partial Regex Emails();

    // IPv4, and hexadecimal digits with colons; not networks such as 192.0.2.0/24, which identify no visitor.
    [GeneratedRegex("""(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){2,6}\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.]*/\d|[\w])""")]
    private static partial Regex Addresses();

    // JSON Web Tokens, our API keys, and 256 random bits in base64url or hex: refresh tokens, the secrets in mails, and their hashes.
    [GeneratedRegex("""eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?|\bls_[a-z]+_[A-Za-z0-9_-]{8,}|(?<![A-Za-z0-9_/-])(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[a-z])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])|(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])""")]
    private static partial Regex Tokens();

    [GeneratedRegex("""((?:(?:password|passwd|pwd|secret|token|access_?token|refresh_?token|api_?key|code_verifier|authorization)["']?\s?[=:]\s?["']?(?:Bearer\s+)?)|\bBearer\s+)(?!\[)[^\s"'&,;}\])]{6,}""", RegexOptions.IgnoreCase)]
    private static partial Regex Named();

    [GeneratedRegex("password|secret|token|recoverycode|privatekey|authorization|cookie", RegexOptions.IgnoreCase)]
    private static partial Regex SecretNames();
}
