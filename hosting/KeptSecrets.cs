using System.Security.Cryptography;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Publishing;

namespace LinkShort.Hosting;

/// <summary>
/// Generated passwords and keys in <c>secrets.json</c> of the data folder, readable by its owner only. Aspire keeps them in the
/// user secrets, where two data folders would share them and a copied folder would lose them.
/// </summary>
internal sealed class KeptSecrets(string path)
{
    private const int Length = 43; // of letters and digits: 256 bits
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly Lock _gate = new();
    private SortedDictionary<string, string>? _values;

    public ParameterDefault Default(string name) => new KeptDefault(this, name);

    /// <exception cref="DistributedApplicationException">The file is damaged or belongs to another user.</exception>
    public void Load()
    {
        lock (_gate)
        {
            _values ??= Read();
        }
    }

    /// <summary>The value of the name, generated and saved at first use.</summary>
    public string GetOrAdd(string name)
    {
        lock (_gate)
        {
            _values ??= Read();
            if (!_values.TryGetValue(name, out var value))
            {
                _values[name] = value = RandomNumberGenerator.GetString(Alphabet, Length);
                Save(_values);
            }

            return value;
        }
    }

    private SortedDictionary<string, string> Read()
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(path)) ?? [] : [];
        }
        catch (JsonException malformed)
        {
            throw new DistributedApplicationException($"{path} is damaged ({malformed.Message}): restore it from a backup, or start over with ./linkshort reset.", malformed);
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new DistributedApplicationException($"{path} is not readable by this user: run as its owner, or fix it with: chown -R $(id -u) {Path.GetDirectoryName(path)}", denied);
        }
    }

    private void Save(SortedDictionary<string, string> values)
    {
        // Written to a new file and renamed, because a kill in the middle must not lose the passwords of the servers' data.
        var aside = path + ".new";
        using (var file = new FileStream(aside, PrivateFiles.Options(FileMode.Create)))
        {
            JsonSerializer.Serialize(file, values, Indented);
            file.Flush(flushToDisk: true);
        }

        File.Move(aside, path, overwrite: true);
    }

    private sealed class KeptDefault(KeptSecrets secrets, string name) : ParameterDefault
    {
        public override string GetDefaultValue() => secrets.GetOrAdd($"Parameters:{name}");

        public override void WriteToManifest(ManifestPublishingContext context)
        {
            context.Writer.WriteStartObject("generate");
            context.Writer.WriteNumber("minLength", Length);
            context.Writer.WriteEndObject();
        }
    }
}
