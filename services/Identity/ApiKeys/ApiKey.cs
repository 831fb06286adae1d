using System.Buffers.Text;
using System.Security.Cryptography;
using LinkShort.Contracts;

namespace LinkShort.Identity.ApiKeys;

/// <summary>The key itself: <c>ls_live_</c> and 256 random bits in base64url. Only its <see cref="ApiKeyHash"/> is stored.</summary>
public readonly record struct ApiKey(string Value)
{
    public const int MaxNameLength = 100;

    /// <summary>Enough to identify a key: 24 of its 256 bits.</summary>
    private static readonly int VisibleLength = ApiKeyHash.Prefix.Length + 4;

    public string Visible => Value[..VisibleLength];

    public static ApiKey Create() => new(ApiKeyHash.Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    public override string ToString() => "(API key)";
}
