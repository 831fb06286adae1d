using System.Net;
using System.Net.Sockets;

namespace LinkShort.Values;

/// <summary>
/// Connects HTTP clients that request URLs of users to public addresses only (SSRF). The name is resolved here, and the connection uses the
/// addresses that were checked, so a name that resolves differently a moment later (DNS rebinding) gains nothing. Use it as
/// <see cref="SocketsHttpHandler.ConnectCallback"/>, without a proxy: it runs for every host, also after a redirect.
/// </summary>
/// <param name="resolve">Replaces the system's resolver in tests.</param>
/// <param name="dial">Replaces the TCP connection in tests.</param>
public sealed class PublicConnection(PublicConnection.Resolve? resolve = null, PublicConnection.Dial? dial = null)
{
    public delegate Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken);

    public delegate Task<Stream> Dial(IPAddress[] addresses, int port, CancellationToken cancellationToken);

    private readonly Resolve _resolve = resolve ?? Dns.GetHostAddressesAsync;
    private readonly Dial _dial = dial ?? DialAsync;

    /// <exception cref="HttpRequestException">The host isn't at a public address.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var host = context.DnsEndPoint.Host;
        var addresses = await _resolve(host, cancellationToken);
        // All of them must be public: one private address among others is enough for an attack.
        if (addresses.Length == 0 || !addresses.All(SpecialAddresses.IsPublic))
        {
            throw new HttpRequestException($"'{host}' is not at a public address.");
        }

        return await _dial(addresses, context.DnsEndPoint.Port, cancellationToken);
    }

    private static async Task<Stream> DialAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
