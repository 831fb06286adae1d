using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>A DNS server over UDP and TCP, with TXT records that tests set.</summary>
public sealed class FakeDns : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, string[]> _records = new(StringComparer.OrdinalIgnoreCase);
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _udp;
    private readonly TcpListener _tcp;
    private readonly Task _serving;

    public FakeDns()
    {
        (_udp, _tcp) = Listen();
        _serving = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    public string Address => _udp.LocalEndPoint!.ToString()!;

    /// <summary>Answers nothing.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Answers with another id than the query's, like a spoofing attacker.</summary>
    public bool GuessesId { get; set; }

    /// <summary>Answers with something that can't be parsed.</summary>
    public bool Babbles { get; set; }

    /// <summary>Truncates answers over UDP.</summary>
    public bool Truncates { get; set; }

    public void Set(string name, params string[] texts) => _records[name] = texts;

    public void Remove(string name) => _records.TryRemove(name, out _);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Stop();
        await _serving;
        _stop.Dispose();
    }

    /// <summary>On one port. A port that is free for UDP can be taken for TCP.</summary>
    private static (Socket Udp, TcpListener Tcp) Listen()
    {
        while (true)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var tcp = new TcpListener(IPAddress.Loopback, ((IPEndPoint)udp.LocalEndPoint!).Port);
            try
            {
                tcp.Start();
                return (udp, tcp);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[1500];
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                if (!IsSilent)
                {
                    await _udp.SendToAsync(Answer(buffer[..received.ReceivedBytes], Truncates), SocketFlags.None, received.RemoteEndPoint, _stop.Token);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptTcpClientAsync(_stop.Token);
                var stream = client.GetStream();
                var length = new byte[2];
                await stream.ReadExactlyAsync(length, _stop.Token);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stop.Token);
                var answer = Answer(query, truncated: false);
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                await stream.WriteAsync(length, _stop.Token);
                await stream.WriteAsync(answer, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private byte[] Answer(byte[] query, bool truncated)
    {
        var at = 12;
        var labels = new List<string>();
        while (query[at] != 0)
        {
            labels.Add(Encoding.ASCII.GetString(query, at + 1, query[at]));
            at += query[at] + 1;
        }

        var question = query[12..(at + 5)];
        var texts = truncated ? [] : _records.GetValueOrDefault(string.Join('.', labels), []);
        var answer = new List<byte>();
        answer.AddRange(query[0], (byte)(query[1] ^ (GuessesId ? 1 : 0)));
        // Response, recursion; NXDOMAIN without records.
        answer.Add((byte)(0x81 | (truncated ? 0x02 : 0)));
        answer.Add((byte)(0x80 | (texts.Length == 0 && !truncated ? 3 : 0)));
        answer.AddRange([0, 1, 0, (byte)texts.Length, 0, 0, 0, 0]);
        answer.AddRange(question);
        foreach (var text in texts)
        {
            // In strings of 40, because long records consist of several.
            var data = Encoding.ASCII.GetBytes(text).Chunk(40).SelectMany(part => part.Prepend((byte)part.Length)).ToArray();
            answer.AddRange([0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 60, (byte)(data.Length >> 8), (byte)data.Length]);
            answer.AddRange(data);
        }

        return [.. Babbles ? answer.Take(15) : answer];
    }
}
