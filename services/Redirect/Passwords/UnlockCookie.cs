using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Redirect.Answers;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Redirect.Passwords;

/// <summary>
/// A random number that the password form sets in the browser, for one short URL and half an hour. After the right password the server
/// remembers a hash of it, so that the visitor isn't asked again. It does not identify visitors: it is sent to no other page, is not stored
/// with clicks, and is never set by a redirect.
/// </summary>
public static class UnlockCookie
{
    private const string Name = "unlock";
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private const int NonceSize = 16;

    // Browsers ignore longer attributes.
    private const int MaxPath = 1_024;

    /// <summary>
    /// Over https, a name that pages over plain http can't set (RFC 6265bis, 4.1.3.1). Not <c>__Host-</c>, which would send the cookie to
    /// every URL of the host.
    /// </summary>
    public static string NameOf(HttpRequest request)
    {
        return request.IsHttps ? "__Secure-" + Name : Name;
    }

    public static void Set(HttpContext context)
    {
        // Some characters of a path would end the attribute: those visitors are asked each time.
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

    /// <returns>The hash that the server remembers for this visitor, link and password; null if the request has no valid cookie.</returns>
    public static string? ProofOf(HttpRequest request, Guid linkId, string passwordHash)
    {
        return request.Cookies[NameOf(request)] is { } nonce && nonce.Length == Base64Url.GetEncodedLength(NonceSize) && Base64Url.IsValid(nonce)
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{nonce}\n{linkId:N}\n{passwordHash}")))
            : null;
    }
}
