using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Keys.SigningKeys;

/// <summary>
/// Data Protection's key ring in the database, where every replica finds it: the framework's own store, on the table that has always
/// held the keys.
/// </summary>
public sealed class DataProtectionContext(DbContextOptions<DataProtectionContext> options) : DbContext(options), IDataProtectionKeyContext
{
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<DataProtectionKey>(key =>
        {
            key.ToTable("data_protection_keys");
            key.Property(k => k.Id).HasColumnName("position").HasConversion<long>().ValueGeneratedOnAdd();
            key.Property(k => k.FriendlyName).HasColumnName("name").IsRequired();
            key.Property(k => k.Xml).HasColumnName("xml").IsRequired();
        });
    }
}

/// <summary>The key that encrypts the key ring in the database: 256 bits derived from a setting (HKDF, RFC 5869).</summary>
internal sealed class DataProtectionSecret(IOptions<IdentityServiceOptions> options, IOptions<InternalKeyOptions> internalKey)
{
    public byte[] Key { get; } = HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        Encoding.UTF8.GetBytes(options.Value.DataProtectionKey is { Length: > 0 } key ? key : internalKey.Value.Key),
        outputLength: 32,
        info: "LinkShort.Identity.DataProtection.v1"u8.ToArray());
}

/// <summary>AES-256-GCM over each key of the ring, so that a copy of the database alone decrypts nothing.</summary>
internal sealed class DataProtectionKeyEncryptor(DataProtectionSecret secret) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var nonce = RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize);
        var tag = new byte[AesGcm.TagByteSizes.MaxSize];
        var cipher = new byte[plain.Length];
        using var aes = new AesGcm(secret.Key, tag.Length);
        aes.Encrypt(nonce, plain, cipher, tag);
        return new EncryptedXmlInfo(
            new XElement("aesGcm",
                new XElement("nonce", Convert.ToBase64String(nonce)),
                new XElement("tag", Convert.ToBase64String(tag)),
                new XElement("value", Convert.ToBase64String(cipher))),
            typeof(DataProtectionKeyDecryptor));
    }
}

/// <summary>Created by Data Protection from the type name that is stored with the encrypted key. Renaming the type loses the keys.</summary>
internal sealed class DataProtectionKeyDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var cipher = Bytes("value");
        var tag = Bytes("tag");
        var plain = new byte[cipher.Length];
        using var aes = new AesGcm(services.GetRequiredService<DataProtectionSecret>().Key, tag.Length);
        aes.Decrypt(Bytes("nonce"), cipher, tag, plain);
        return XElement.Parse(Encoding.UTF8.GetString(plain));

        byte[] Bytes(string name) => Convert.FromBase64String((string?)encryptedElement.Element(name) ?? "");
    }
}
