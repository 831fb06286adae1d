using System.Buffers.Text;
using System.Security.Cryptography;
using LinkShort.Contracts;

namespace LinkShort.Identity.ApiKeys;

/// <summary>A key as its owner holds it: <c>ls_live_</c> and 256 random bits in base64url. Only <see cref="ApiKeyHash"/> of it is stored.</summary>
public readonly record struct ApiKey(string Value)
{
    public const int MaxNameLength = 100;

    /// <summary>What stays visible: enough to recognise a key, 24 of its 256 bits.</summary>
    private static readonly int VisibleLength = ApiKeyHash.Prefix.Length + 4;

    public string Visible => Value[..VisibleLength];

    public static ApiKey Create() => new(ApiKeyHash.Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    public override string ToString() => "(API key)";
}
