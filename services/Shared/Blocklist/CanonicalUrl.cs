using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;

namespace LinkShort.Blocklist;

/// <summary>
/// The canonical form of a URL that block lists hash: https://developers.google.com/safe-browsing/v4/urls-hashing. Percent escapes are
/// decoded until none is left and then encoded once, the host is in lower case and punycode (an IPv4 address in any notation becomes four
/// decimal numbers), dot segments and double slashes of the path are resolved. Scheme, user, port and fragment are ignored.
/// </summary>
public sealed record CanonicalUrl
{
    private const int MaxHosts = 5;
    private const int MaxFolders = 4;

    private static readonly IdnMapping Idn = new() { AllowUnassigned = true, UseStd3AsciiRules = false };
    private static readonly SearchValues<char> HostEnd = SearchValues.Create("/?");

    private CanonicalUrl(string host, bool isAddress, string path, string? query)
    {
        Host = host;
        IsAddress = isAddress;
        Path = path;
        Query = query;
    }

    /// <summary>Without port. IPv6 addresses in brackets.</summary>
    public string Host { get; }

    public bool IsAddress { get; }

    /// <summary>Starts with a slash.</summary>
    public string Path { get; }

    /// <summary>Without the question mark; null for none, as distinct from an empty query.</summary>
    public string? Query { get; }

    /// <param name="text">An http or https URL, whose scheme may be missing. Unicode is read as UTF-8.</param>
    /// <returns>False for other schemes, and without a host.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out CanonicalUrl? url)
    {
        url = null;
        if (text is null || !TryCutScheme(Clean(text), out var rest))
        {
            return false;
        }

        // From here on one char is one byte.
        var escaped = Escape(Unescape(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(rest))));
        var end = escaped.AsSpan().IndexOfAny(HostEnd);
        var authority = end < 0 ? escaped : escaped[..end];
        var target = end < 0 ? "" : escaped[end..];
        var host = HostOf(authority, out var isAddress);
        if (host.Length == 0)
        {
            return false;
        }

        var question = target.IndexOf('?', StringComparison.Ordinal);
        url = new CanonicalUrl(
            host, isAddress, Resolve(question < 0 ? target : target[..question]), question < 0 ? null : target[(question + 1)..]);
        return true;
    }

    /// <summary>Host, path and query: one of the <see cref="Expressions"/>, the narrowest.</summary>
    public override string ToString() => Query is null ? Host + Path : $"{Host}{Path}?{Query}";

    /// <summary>
    /// Every expression by which a list may block the URL, at most 30: the host and up to four of its parents (at most the last five labels,
    /// never the top-level domain alone), each with the path with and without the query, and with its first four folders.
    /// </summary>
    public IEnumerable<string> Expressions()
    {
        var paths = Paths().Distinct().ToArray();
        return Hosts().SelectMany(host => paths.Select(path => host + path));
    }

    /// <summary>The host and each parent domain, except the top-level one. IP addresses have no parents.</summary>
    public IEnumerable<string> HostAndParents()
    {
        yield return Host;
        if (IsAddress)
        {
            yield break;
        }

        for (var dot = Host.IndexOf('.', StringComparison.Ordinal); dot >= 0 && Host.IndexOf('.', dot + 1) > 0; dot = Host.IndexOf('.', dot + 1))
        {
            yield return Host[(dot + 1)..];
        }
    }

    private IEnumerable<string> Hosts()
    {
        yield return Host;
        if (IsAddress)
        {
            yield break;
        }

        var labels = Host.Split('.');
        for (var first = Math.Max(1, labels.Length - MaxHosts); first <= labels.Length - 2; first++)
        {
            yield return string.Join('.', labels[first..]);
        }
    }

    private IEnumerable<string> Paths()
    {
        if (Query is not null)
        {
            yield return $"{Path}?{Query}";
        }

        yield return Path;
        var slash = 0;
        for (var folders = 0; folders < MaxFolders && slash >= 0; folders++, slash = Path.IndexOf('/', slash + 1))
        {
            yield return Path[..(slash + 1)];
        }
    }

    /// <summary>Removes the fragment, and the characters that browsers ignore everywhere.</summary>
    private static string Clean(string text)
    {
        var fragment = text.IndexOf('#', StringComparison.Ordinal);
        return (fragment < 0 ? text : text[..fragment]).Trim()
            .Replace("\t", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
    }

    private static bool TryCutScheme(string text, out string rest)
    {
        rest = text;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !char.IsAsciiLetter(text[0]) || !text.AsSpan(0, colon).ContainsOnlySchemeCharacters())
        {
            return true;
        }

        if (text.AsSpan(colon).StartsWith("://", StringComparison.Ordinal))
        {
            rest = text[(colon + 3)..];
            return text.AsSpan(0, colon) is var scheme
                && (scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || scheme.Equals("https", StringComparison.OrdinalIgnoreCase));
        }

        // A host with a port, not a scheme such as mailto.
        return colon + 1 < text.Length && char.IsAsciiDigit(text[colon + 1]);
    }

    private static string Unescape(string text)
    {
        for (var percent = text.IndexOf('%', StringComparison.Ordinal); percent >= 0;)
        {
            var unescaped = new StringBuilder(text.Length);
            var found = false;
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
                {
                    unescaped.Append((char)byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    i += 2;
                    found = true;
                }
                else
                {
                    unescaped.Append(text[i]);
                }
            }

            if (!found)
            {
                break;
            }

            // Each iteration shortens the text, so the loop ends.
            text = unescaped.ToString();
            percent = text.IndexOf('%', StringComparison.Ordinal);
        }

        return text;
    }

    private static string Escape(string bytes)
    {
        var escaped = new StringBuilder(bytes.Length);
        foreach (var character in bytes)
        {
            if (character is <= ' ' or >= '\x7F' or '#' or '%')
            {
                escaped.Append(CultureInfo.InvariantCulture, $"%{(int)character:X2}");
            }
            else
            {
                escaped.Append(character);
            }
        }

        return escaped.ToString();
    }

    private static string HostOf(string authority, out bool isAddress)
    {
        isAddress = false;
        var host = authority[(authority.LastIndexOf('@') + 1)..];
        if (host.StartsWith('['))
        {
            isAddress = true;
            return IPAddress.TryParse(host.AsSpan(0, host.IndexOf(']', StringComparison.Ordinal) + 1), out var address) ? $"[{address}]" : "";
        }

        var port = host.LastIndexOf(':');
        host = port < 0 ? host : host[..port];
        host = string.Join('.', ToAscii(host).ToLowerInvariant().Split('.', StringSplitOptions.RemoveEmptyEntries));
        if (host.Length > 0 && NumericHost.EndsInNumber(host) && NumericHost.TryParse(host, out var number))
        {
            isAddress = true;
            return number.ToString();
        }

        return host;
    }

    /// <summary>Punycode for non-ASCII names; invalid names stay escaped.</summary>
    private static string ToAscii(string escaped)
    {
        if (!escaped.Contains('%', StringComparison.Ordinal))
        {
            return escaped;
        }

        try
        {
            var name = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Encoding.Latin1.GetBytes(Unescape(escaped)));
            return name.Any(character => character is <= ' ' or '\x7F' or '#' or '%') ? escaped : Idn.GetAscii(name.Normalize(NormalizationForm.FormKC));
        }
        catch (ArgumentException)
        {
            return escaped;
        }
    }

    private static string Resolve(string path)
    {
        var segments = new List<string>();
        foreach (var segment in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == "..")
            {
                segments.RemoveRange(Math.Max(0, segments.Count - 1), Math.Min(1, segments.Count));
            }
            else if (segment != ".")
            {
                segments.Add(segment);
            }
        }

        var isFolder = path.Length == 0 || path.EndsWith('/') || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal);
        return segments.Count == 0 ? "/" : "/" + string.Join('/', segments) + (isFolder ? "/" : "");
    }
}

file static class SchemeCharacters
{
    public static bool ContainsOnlySchemeCharacters(this ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            // RFC 3986 allows a dot in schemes, but here it means a host before its port.
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('+' or '-'))
            {
                return false;
            }
        }

        return true;
    }
}
