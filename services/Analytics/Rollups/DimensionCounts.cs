using System.Buffers;
using System.Text;
using System.Text.Json;

namespace LinkShort.Analytics.Rollups;

/// <summary>
/// Clicks per dimension and value. Stored as JSON, <c>{"browser":{"Firefox":3},…}</c>, which an operator can read and SQL can sum.
/// </summary>
public sealed class DimensionCounts
{
    /// <summary>
    /// Values kept per dimension; further ones are counted as <see cref="Other"/>, so that a client that sends a different Referer with every
    /// click can't grow a row without limit.
    /// </summary>
    public const int MaxValues = 200;
    public const string Other = "Other";

    private static readonly string[] Names = Enum.GetNames<Dimension>().Select(JsonNamingPolicy.CamelCase.ConvertName).ToArray();

    // A cell of one click has seven entries, for which a list beats seven dictionaries. Longer lists get an index.
    private const int IndexFrom = 32;
    private readonly List<Entry> _entries = [];
    private readonly int[] _values = new int[Names.Length];
    private Dictionary<(Dimension, string), int>? _index;

    public void Add(Dimension dimension, string value, long clicks)
    {
        if (clicks == 0)
        {
            return;
        }

        var index = Find(dimension, value);
        if (index < 0)
        {
            if (_values[(int)dimension] >= MaxValues && value != Other)
            {
                Add(dimension, Other, clicks);
                return;
            }

            index = Append(dimension, value);
        }

        var entry = _entries[index];
        _entries[index] = entry with { Clicks = entry.Clicks + clicks };
    }

    public void Merge(DimensionCounts other)
    {
        foreach (var entry in other._entries)
        {
            Add(entry.Dimension, entry.Value, entry.Clicks);
        }
    }

    /// <returns>The values by descending clicks, then by name.</returns>
    public IEnumerable<(string Value, long Clicks)> Of(Dimension dimension) => _entries
        .Where(entry => entry.Dimension == dimension)
        .OrderByDescending(entry => entry.Clicks)
        .ThenBy(entry => entry.Value, StringComparer.Ordinal)
        .Select(entry => (entry.Value, entry.Clicks));

    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            for (var dimension = 0; dimension < Names.Length; dimension++)
            {
                if (_values[dimension] == 0)
                {
                    continue;
                }

                json.WriteStartObject(Names[dimension]);
                foreach (var entry in _entries)
                {
                    if ((int)entry.Dimension == dimension)
                    {
                        json.WriteNumber(entry.Value, entry.Clicks);
                    }
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Adds the counts of <see cref="ToJson"/>. Unknown dimensions, of a later version, are skipped.</summary>
    public void Merge(string stored)
    {
        var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(stored));
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var dimension = Array.IndexOf(Names, json.GetString());
            json.Read();
            if (dimension < 0)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var value = json.GetString()!;
                json.Read();
                Add((Dimension)dimension, value, json.GetInt64());
            }
        }
    }

    private int Find(Dimension dimension, string value)
    {
        if (_index is not null)
        {
            return _index.TryGetValue((dimension, value), out var found) ? found : -1;
        }

        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Dimension == dimension && _entries[i].Value == value)
            {
                return i;
            }
        }

        return -1;
    }

    private int Append(Dimension dimension, string value)
    {
        _entries.Add(new Entry(dimension, value, 0));
        _values[(int)dimension]++;
        var index = _entries.Count - 1;
        if (_index is not null)
        {
            _index[(dimension, value)] = index;
        }
        else if (_entries.Count > IndexFrom)
        {
            _index = [];
            for (var i = 0; i < _entries.Count; i++)
            {
                _index[(_entries[i].Dimension, _entries[i].Value)] = i;
            }
        }

        return index;
    }

    private readonly record struct Entry(Dimension Dimension, string Value, long Clicks);
}
