using System.Security.Cryptography;
using System.Text;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Account;

/// <summary>
/// "Remember this device": the token that stands for the second factor here, beside the password. One cookie for each account, named by a
/// hash of its address, so that two people at one computer don't make each other enter codes.
/// </summary>
public static class DeviceCookie
{
    /// <summary>As long as identity takes the token.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private const int TokenLength = 43;

    public static string? Read(HttpContext context, string email) =>
        HostCookie.Read(context, NameOf(email)) is { Length: TokenLength } token ? token : null;

    public static void Write(HttpContext context, string email, string token) => HostCookie.Write(context, NameOf(email), token, Lifetime);

    private static string NameOf(string email) =>
        "linkshort-device-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email.Trim().ToUpperInvariant())))[..12];
}
