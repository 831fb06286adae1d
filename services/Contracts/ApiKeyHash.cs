using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Contracts;

/// <summary>
/// The form in which API keys are stored, cached and named in events. Keys have 256 random bits, so a plain SHA-256 is enough: a slow hash
/// protects guessable secrets only.
/// </summary>
public static class ApiKeyHash
{
    public const string Prefix = "ls_live_";

    /// <returns>64 lower-case hex digits.</returns>
    public static string Of(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
