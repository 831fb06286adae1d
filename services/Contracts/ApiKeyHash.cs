using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Contracts;

/// <summary>
/// The one form in which an API key is stored, cached and spoken of. Keys carry 256 random bits, so a plain
/// SHA-256 is enough: there is nothing to guess that a slow hash would protect.
/// </summary>
public static class ApiKeyHash
{
    public const string Prefix = "ls_live_";

    /// <returns>64 lower-case hex digits.</returns>
    public static string Of(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
