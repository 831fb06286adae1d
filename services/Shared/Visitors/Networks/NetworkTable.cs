using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace LinkShort.Visitors.Networks;

/// <summary>
/// Networks by address: sorted ranges without overlap, for binary search. Of nested networks the smaller one counts, of equal ones the later.
/// </summary>
internal sealed class NetworkTable
{
    private readonly uint[] _v4Starts;
    private readonly ClickClass[] _v4Classes;
    private readonly UInt128[] _v6Starts;
    private readonly ClickClass[] _v6Classes;

    public NetworkTable(IEnumerable<(IPNetwork Network, ClickClass Class)> networks)
    {
        var all = networks.ToList();
        (var v4, _v4Classes) = Ranges(all.Where(row => row.Network.BaseAddress.AddressFamily == AddressFamily.InterNetwork), 32);
        _v4Starts = [.. v4.Select(start => (uint)start)];
        (_v6Starts, _v6Classes) = Ranges(all.Where(row => row.Network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6), 128);
    }

    /// <summary>Allocates nothing.</summary>
    /// <returns>The class of the network, or null if unknown.</returns>
    public ClickClass? Find(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var length))
        {
            return null;
        }

        int found;
        ClickClass[] classes;
        if (length == 4 || address.IsIPv4MappedToIPv6)
        {
            found = Array.BinarySearch(_v4Starts, BinaryPrimitives.ReadUInt32BigEndian(length == 4 ? bytes : bytes[12..]));
            classes = _v4Classes;
        }
        else
        {
            found = Array.BinarySearch(_v6Starts, BinaryPrimitives.ReadUInt128BigEndian(bytes));
            classes = _v6Classes;
        }

        // Between two starts, the address is in the range of the lower one.
        var range = found >= 0 ? found : ~found - 1;
        return range >= 0 && classes[range] is var @class and not ClickClass.Human ? @class : null;
    }

    /// <summary>The addresses at which the class changes. Human means unknown.</summary>
    private static (UInt128[] Starts, ClickClass[] Classes) Ranges(IEnumerable<(IPNetwork Network, ClickClass Class)> networks, int bits)
    {
        // Wider networks first: later ones are nested in them, or follow them.
        var sorted = networks
            .Select((row, index) => (First: First(row.Network), row.Network.PrefixLength, index, row.Class))
            .OrderBy(row => row.First).ThenBy(row => row.PrefixLength).ThenBy(row => row.index);
        var changes = new SortedDictionary<UInt128, ClickClass>();
        var open = new Stack<(UInt128 Last, ClickClass Class)>();
        var top = bits == 128 ? UInt128.MaxValue : (UInt128.One << bits) - 1;
        foreach (var (first, length, _, @class) in sorted)
        {
            Close(before: first);
            changes[first] = @class;
            open.Push((first + (length == 0 ? top : (UInt128.One << (bits - length)) - 1), @class));
        }

        Close(before: null);
        return ([.. changes.Keys], [.. changes.Values]);

        void Close(UInt128? before)
        {
            while (open.TryPeek(out var inner) && (before is null || inner.Last < before))
            {
                open.Pop();
                // Equal networks end together; the outermost one that continues decides the class after them.
                while (open.TryPeek(out var outer) && outer.Last == inner.Last)
                {
                    open.Pop();
                }

                if (inner.Last < top)
                {
                    changes.TryAdd(inner.Last + 1, open.TryPeek(out var around) ? around.Class : ClickClass.Human);
                }
            }
        }
    }

    private static UInt128 First(IPNetwork network)
    {
        Span<byte> bytes = stackalloc byte[16];
        network.BaseAddress.TryWriteBytes(bytes, out var length);
        return length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
