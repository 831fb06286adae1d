using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Redirect.Answers;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Redirect.Passwords;

/// <summary>
/// A random number that the page with the form gives to the browser, for that one short URL and half an hour. After the right password
/// the server remembers a hash of it, so that the visitor isn't asked again. It identifies nobody: it is sent to no other page, is not
/// stored with clicks, and a redirect never sets it.
/// </summary>
public static class UnlockCookie
{
    private const string Name = "unlock";
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private const int NonceSize = 16;

    // Browsers ignore longer attributes.
    private const int MaxPath = 1_024;

    /// <summary>
    /// Over https a name that no page over plain http can plant (RFC 6265bis, 4.1.3.1). Not <c>__Host-</c>, which would send the cookie to
    /// every address of the host.
    /// </summary>
    public static string NameOf(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.IsHttps ? "__Secure-" + Name : Name;
    }

    public static void Set(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        // Some characters of an address would end the attribute: such a visitor is asked each time.
        if (ShortUrl.PathOf(context) is not { Length: > 1 and <= MaxPath } path || path.AsSpan().ContainsAny(';', ',') || path.AsSpan().ContainsAnyExceptInRange('\x21', '\x7E'))
        {
            return;
        }

        context.Response.Headers.Append(HeaderNames.SetCookie, new SetCookieHeaderValue(NameOf(context.Request), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NonceSize)))
        {
            Path = path,
            MaxAge = Lifetime,
            HttpOnly = true,
            SameSite = Microsoft.Net.Http.Headers.SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
        }.ToString());
    }

    /// <returns>What the server remembers of this visitor for this link and password; null when the visitor has no cookie of ours.</returns>
    public static string? ProofOf(HttpRequest request, Guid linkId, string passwordHash)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Cookies[NameOf(request)] is { } nonce && nonce.Length == Base64Url.GetEncodedLength(NonceSize) && Base64Url.IsValid(nonce)
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{nonce}\n{linkId:N}\n{passwordHash}")))
            : null;
    }
}
