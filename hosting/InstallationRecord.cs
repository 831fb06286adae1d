using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aspire.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// What the data folder was made with, in its <c>installation.json</c>: an id, by which its parts outside of the folder are named, and what ran
/// its servers last. Without it, an installed or removed container engine would swap the data for an empty installation, and a moved folder
/// would lose its volumes.
/// </summary>
internal sealed class InstallationRecord
{
    public const string FileName = "installation.json";

    /// <summary>The file with the names of the volumes, one per line, for <c>./linkshort reset</c>.</summary>
    public const string VolumesFile = "volumes";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string _folder;

    private InstallationRecord(string folder, Content content)
    {
        _folder = folder;
        (Id, Servers) = (content.Id, content.Servers);
    }

    /// <summary>Ten hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary><c>containers</c>, <c>native</c> or <c>external</c>; null for a new folder.</summary>
    public string? Servers { get; set; }

    /// <exception cref="DistributedApplicationException">The file is damaged.</exception>
    public static InstallationRecord Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return new(folder, Guess(folder));
        }

        try
        {
            return new(folder, JsonSerializer.Deserialize<Content>(File.ReadAllText(path), Json)!);
        }
        catch (JsonException malformed)
        {
            throw new DistributedApplicationException($"{path} is damaged ({malformed.Message}): restore it from a backup, or start over with ./linkshort reset.", malformed);
        }
    }

    /// <remarks>The caller holds the folder's lock.</remarks>
    public void Save()
    {
        var path = Path.Combine(_folder, FileName);
        using (var file = new FileStream(path + ".new", PrivateFiles.Options(FileMode.Create)))
        {
            JsonSerializer.Serialize(file, new Content(Id, Servers), Json);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>For a folder of a version without this file: its volumes keep their names, and its servers' folders say what ran them.</summary>
    private static Content Guess(string folder)
    {
        var volumes = Path.Combine(folder, VolumesFile);
        if (File.Exists(volumes) && File.ReadLines(volumes).FirstOrDefault()?.Split('-') is ["linkshort", { Length: > 0 } id, ..])
        {
            return new(id, "containers");
        }

        return new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5)), Path.Exists(Path.Combine(folder, "postgres")) ? "native" : null);
    }

    private sealed record Content([property: JsonRequired] string Id, string? Servers);
}
