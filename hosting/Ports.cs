using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Allocates loopback ports below the kernel's range for outgoing connections, so that an outgoing connection can't take a port while its server
/// restarts. A locked file reserves each port machine-wide, so that two app hosts never choose the same one.
/// </summary>
internal sealed class Ports : IDisposable
{
    private const int Lowest = 10_000;
    private const int Highest = 32_000;

    private static readonly string Reservations = Path.Combine(Path.GetTempPath(), $"linkshort-ports-{Environment.UserName}");

    private readonly List<FileStream> _reserved = [];

    public int Free()
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            var candidate = Random.Shared.Next(Lowest, Highest);
            if (TryReserve(candidate))
            {
                return candidate;
            }
        }

        throw new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture, $"No free port between {Lowest} and {Highest} was found on the loopback address: stop other programs that listen there."));
    }

    /// <summary>Whether nothing listens there on any of this machine's loopback addresses.</summary>
    public static bool IsFree(int port) => CanBind(new IPEndPoint(IPAddress.Loopback, port)) && CanBind(new IPEndPoint(IPAddress.IPv6Loopback, port));

    public void Dispose()
    {
        foreach (var file in _reserved)
        {
            file.Dispose();
        }
    }

    private bool TryReserve(int port)
    {
        Directory.CreateDirectory(Reservations);
        FileStream reservation;
        try
        {
            reservation = new FileStream(Path.Combine(Reservations, port.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return false;
        }

        if (!IsFree(port))
        {
            reservation.Dispose();
            return false;
        }

        _reserved.Add(reservation);
        return true;
    }

    private static bool CanBind(IPEndPoint address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Like servers do, so that connections of the last run in TIME_WAIT don't make the port look taken.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(address);
            socket.Listen(1);
            return true;
        }
        catch (SocketException unavailable) when (unavailable.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            return true; // No IPv6 here.
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
