using System.Collections.Concurrent;

namespace LinkShort.Visitors.Geography;

/// <summary>City data by address: reads the layouts of DB-IP's repackaging (flat) and of MaxMind's own files (nested).</summary>
internal sealed class CityDatabase(Mmdb file) : IDisposable
{
    /// <summary>Cached places, about 15 MB. A full cache is cleared: simpler than tracking use, and common places return immediately.</summary>
    private const int Capacity = 1 << 16;

    // By offset in the data section.
    private readonly ConcurrentDictionary<int, Place> _places = new();
    private int _count;

    public DateTimeOffset BuiltAt => file.BuiltAt;

    public bool HasV4 => file.HasV4;

    public bool HasV6 => file.HasV6;

    /// <exception cref="InvalidDataException">Not city data, or damaged.</exception>
    /// <exception cref="IOException">The file can't be read, or there is no space for the copy.</exception>
    public static CityDatabase Open(string path, string folder) => new(Mmdb.Open(path, folder));

    /// <param name="address">4 or 16 bytes, in network order.</param>
    /// <returns>False if this database was disposed meanwhile.</returns>
    public bool TryFind(ReadOnlySpan<byte> address, out Place place)
    {
        if (!file.TryEnter())
        {
            place = Place.Unknown;
            return false;
        }

        try
        {
            var offset = file.Find(address);
            place = offset == Mmdb.None ? Place.Unknown : PlaceAt(offset);
            return true;
        }
        finally
        {
            file.Leave();
        }
    }

    public void Dispose() => file.Dispose();

    private Place PlaceAt(int offset)
    {
        if (_places.TryGetValue(offset, out var known))
        {
            return known;
        }

        var place = Read(offset);
        if (Interlocked.Increment(ref _count) > Capacity)
        {
            _places.Clear();
            Volatile.Write(ref _count, 1);
        }

        _places[offset] = place;
        return place;
    }

    private Place Read(int offset)
    {
        try
        {
            var value = file.ValueAt(offset);
            return new Place(Country(value), Region(value), City(value));
        }
        catch (InvalidDataException)
        {
            // A damaged name must not fail a redirect.
            return Place.Unknown;
        }
    }

    private static string? Country(MmdbValue value) =>
        value.TryGet("country_code"u8, out var code) || (value.TryGet("country"u8, out var country) && country.TryGet("iso_code"u8, out code))
            ? code.ToString()
            : null;

    private static string? Region(MmdbValue value) =>
        value.TryGet("state1"u8, out var state) ? state.ToString()
        : value.TryGet("subdivisions"u8, out var all) && all.TryFirst(out var first) ? EnglishName(first)
        : null;

    private static string? City(MmdbValue value) => value.TryGet("city"u8, out var city) ? city.ToString() ?? EnglishName(city) : null;

    private static string? EnglishName(MmdbValue value) =>
        value.TryGet("names"u8, out var names) && names.TryGet("en"u8, out var english) ? english.ToString() : null;
}
