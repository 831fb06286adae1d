using System.Buffers.Binary;
using System.Numerics;

namespace LinkShort.Clicks;

/// <summary>
/// Numbers distinct keys in order of appearance, each with a text. Keys and texts are stored in two arrays, without an allocation per entry.
/// </summary>
internal sealed class DistinctBytes
{
    private const uint AbsentHash = 1;
    private readonly List<Entry> _entries = [];
    private int[] _buckets = new int[64];
    private byte[] _keys = new byte[1_024];
    private byte[] _texts = new byte[1_024];
    private int _keysEnd;
    private int _textsEnd;
    private int _absent = -1;

    public int Count => _entries.Count;

    /// <summary>All texts concatenated, for texts of one length.</summary>
    public ReadOnlySpan<byte> AllTexts => _texts.AsSpan(0, _textsEnd);

    public ReadOnlySpan<byte> Text(int index) => _texts.AsSpan(_entries[index].Text, _entries[index].TextLength);

    public bool IsAbsent(int index) => index == _absent;

    public void Clear()
    {
        _entries.Clear();
        Array.Clear(_buckets);
        (_keysEnd, _textsEnd, _absent) = (0, 0, -1);
    }

    /// <returns>The number of the key; -1 if it is new.</returns>
    public int Find(ReadOnlySpan<byte> key, out uint hash)
    {
        hash = Hash(key);
        for (var at = hash & (uint)(_buckets.Length - 1); _buckets[at] > 0; at = (at + 1) & (uint)(_buckets.Length - 1))
        {
            var index = _buckets[at] - 1;
            var entry = _entries[index];
            if (entry.Hash == hash && index != _absent && key.SequenceEqual(_keys.AsSpan(entry.Key, entry.KeyLength)))
            {
                return index;
            }
        }

        return -1;
    }

    public int FindOrAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text)
    {
        var index = Find(key, out var hash);
        return index >= 0 ? index : Add(new Entry(hash, Keep(ref _keys, ref _keysEnd, key), key.Length, Keep(ref _texts, ref _textsEnd, text), text.Length));
    }

    /// <returns>The number of the entry without a text.</returns>
    public int Absent() => _absent >= 0 ? _absent : _absent = Add(new Entry(AbsentHash, 0, 0, 0, 0));

    private int Add(Entry entry)
    {
        _entries.Add(entry);
        if (_entries.Count * 2 > _buckets.Length)
        {
            _buckets = new int[_buckets.Length * 2];
            for (var i = 0; i < _entries.Count; i++)
            {
                Place(i);
            }
        }
        else
        {
            Place(_entries.Count - 1);
        }

        return _entries.Count - 1;
    }

    private void Place(int index)
    {
        var at = _entries[index].Hash & (uint)(_buckets.Length - 1);
        while (_buckets[at] > 0)
        {
            at = (at + 1) & (uint)(_buckets.Length - 1);
        }

        _buckets[at] = index + 1;
    }

    private static int Keep(ref byte[] store, ref int end, ReadOnlySpan<byte> bytes)
    {
        if (end + bytes.Length > store.Length)
        {
            Array.Resize(ref store, Math.Max(store.Length * 2, end + bytes.Length));
        }

        bytes.CopyTo(store.AsSpan(end));
        end += bytes.Length;
        return end - bytes.Length;
    }

    /// <summary>
    /// CRC-32C with the processor's instruction, folded. Headers chosen to collide slow down one batch, by at most the square of its distinct
    /// values.
    /// </summary>
    private static uint Hash(ReadOnlySpan<byte> key)
    {
        var sum = (uint)key.Length;
        while (key.Length >= 8)
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(key));
            key = key[8..];
        }

        foreach (var value in key)
        {
            sum = BitOperations.Crc32C(sum, value);
        }

        return sum ^ (sum >> 15);
    }

    private readonly record struct Entry(uint Hash, int Key, int KeyLength, int Text, int TextLength);
}
