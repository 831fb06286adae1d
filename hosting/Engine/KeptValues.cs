using System.Text.Json;
using Aspire.Hosting;

namespace LinkShort.Hosting.Engine;

/// <summary>A small file of names and values that outlives a run, readable by its owner alone.</summary>
/// <param name="path">Null keeps them in memory only.</param>
internal sealed class KeptValues(string? path)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly Lock _gate = new();
    private SortedDictionary<string, string>? _values;

    public string? Get(string key)
    {
        lock (_gate)
        {
            return Load().GetValueOrDefault(key);
        }
    }

    public string GetOrAdd(string key, Func<string> make)
    {
        lock (_gate)
        {
            if (!Load().TryGetValue(key, out var value))
            {
                value = make();
                _values![key] = value;
                Save();
            }

            return value;
        }
    }

    public void Set(IEnumerable<KeyValuePair<string, string>> values)
    {
        lock (_gate)
        {
            Load();
            foreach (var (key, value) in values)
            {
                _values![key] = value;
            }

            Save();
        }
    }

    private SortedDictionary<string, string> Load()
    {
        if (_values is null)
        {
            if (path is not null && File.Exists(path))
            {
                try
                {
                    _values = JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(path));
                }
                catch (JsonException malformed)
                {
                    throw new DistributedApplicationException($"{path} is damaged ({malformed.Message}): restore it from a backup, or start afresh with ./linkshort reset.", malformed);
                }
                catch (UnauthorizedAccessException denied)
                {
                    throw new DistributedApplicationException($"{path} can't be read by this user: run as its owner, or fix it with: chown -R $(id -u) {Path.GetDirectoryName(path)}", denied);
                }
            }

            _values ??= [];
        }

        return _values;
    }

    private void Save()
    {
        if (path is null)
        {
            return;
        }

        // Written aside and renamed: a kill in the middle must not lose the passwords of the servers' data.
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var aside = path + ".new";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new FileStream(aside, options))
        {
            JsonSerializer.Serialize(file, _values, Indented);
            file.Flush(flushToDisk: true);
        }

        File.Move(aside, path, overwrite: true);
    }
}
