using System.Security.Cryptography;
using System.Text;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Account;

/// <summary>
/// "Remember this device": a token that replaces the second factor on this device. One cookie per account, named by a hash of its
/// address, so that two users of one computer don't overwrite each other's.
/// </summary>
public static class DeviceCookie
{
    /// <summary>The lifetime of the token in identity.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private const int TokenLength = 43;

    public static string? Read(HttpContext context, string email) =>
        HostCookie.Read(context, NameOf(email)) is { Length: TokenLength } token ? token : null;

    public static void Write(HttpContext context, string email, string token) => HostCookie.Write(context, NameOf(email), token, Lifetime);

    private static string NameOf(string email) =>
        "linkshort-device-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email.Trim().ToUpperInvariant())))[..12];
}
