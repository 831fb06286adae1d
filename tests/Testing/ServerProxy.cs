using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace LinkShort.Testing;

/// <summary>
/// Forwards connections to a server. Stopping it closes them and refuses new ones, as if the server were down; the proxy keeps its port reserved in
/// the meantime.
/// </summary>
internal sealed class ServerProxy : IAsyncDisposable
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    private readonly int _server;
    private readonly Socket _reservation = NewSocket();
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly Lock _gate = new();
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <param name="server">The server's port on this machine.</param>
    public ServerProxy(int server)
    {
        _server = server;
        // Bound without listening: no other process gets the port, and connections are refused.
        _reservation.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)_reservation.LocalEndPoint!).Port;
        Start();
    }

    public int Port { get; }

    public void Start()
    {
        var listener = NewSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen();
        lock (_gate)
        {
            _listener = listener;
        }

        _accepting = AcceptAsync(listener);
    }

    public async Task StopAsync()
    {
        lock (_gate)
        {
            _listener?.Dispose();
            _listener = null;
            foreach (var socket in _open.Keys)
            {
                Break(socket);
            }
        }

        await _accepting;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _reservation.Dispose();
    }

    private static Socket NewSocket()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
        return socket;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return; // Stopped.
            }

            _ = PassOnAsync(client, listener);
        }
    }

    private async Task PassOnAsync(Socket client, Socket listener)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _server);
            client.NoDelay = server.NoDelay = true;
            lock (_gate)
            {
                if (_listener != listener)
                {
                    return;
                }

                _open[client] = _open[server] = 0;
            }

            await using var toServer = new NetworkStream(server);
            await using var toClient = new NetworkStream(client);
            await Task.WhenAll(CopyAsync(toClient, toServer, server), CopyAsync(toServer, toClient, client));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // One end closed the connection.
        }
        finally
        {
            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
            Break(client);
        }

        static async Task CopyAsync(NetworkStream from, NetworkStream to, Socket end)
        {
            try
            {
                await from.CopyToAsync(to);
            }
            finally
            {
                // Propagates the half-close to the other end.
                if (end.Connected)
                {
                    end.Shutdown(SocketShutdown.Send);
                }
            }
        }
    }

    private static void Break(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            // Already closed.
        }

        socket.Dispose();
    }
}
