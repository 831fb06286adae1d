using System.Buffers;

namespace LinkShort.Visitors;

/// <summary>The Referer header's domain.</summary>
public static class Referrers
{
    public const string Direct = "direct";

    private const int MaxHostLength = 253;
    private static readonly SearchValues<char> HostCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]");

    /// <returns>
    /// Host in lower case and punycode, without <c>www.</c>; the package for Android apps (<c>android-app://com.slack</c>).
    /// <see cref="Direct"/> for none or an invalid one.
    /// </returns>
    public static string DomainOf(string? referrer)
    {
        var host = HostOf(referrer) ?? Direct;
        return host.StartsWith("www.", StringComparison.Ordinal) && host.Length > "www.".Length ? host["www.".Length..] : host;
    }

    /// <returns>As <see cref="DomainOf"/>, but with <c>www.</c>, and null instead of <see cref="Direct"/>.</returns>
    public static string? HostOf(string? referrer)
    {
        if (string.IsNullOrWhiteSpace(referrer)
            || !Uri.TryCreate(referrer.Trim(), UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https" or "android-app"))
        {
            return null;
        }

        string host;
        try
        {
            host = uri.IdnHost.ToLowerInvariant();
        }
        catch (UriFormatException)
        {
            // A host that parses but has no IDN form, such as one with a lone surrogate.
            return null;
        }

        host = host.TrimEnd('.');
        return host.Length is > 0 and <= MaxHostLength && !host.AsSpan().ContainsAnyExcept(HostCharacters) ? host : null;
    }
}
