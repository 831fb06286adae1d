using System.Buffers.Binary;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Net;

/// <summary>Which DNS server is asked, under <c>Dns__…</c>.</summary>
public sealed class DnsSettings : IValidatableObject
{
    public const string Section = "Dns";

    /// <summary>Host and port, such as <c>127.0.0.1:53</c>; the first of the machine's own without one.</summary>
    public string Server { get; set; } = "";

    internal IPEndPoint? EndPoint => IPEndPoint.TryParse(Server, out var parsed) ? new IPEndPoint(parsed.Address, parsed.Port == 0 ? 53 : parsed.Port) : null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Server.Length > 0 && EndPoint is null)
        {
            yield return new ValidationResult($"'{Server}' is no address of a DNS server: write one like 192.0.2.53:53 or [2001:db8::53]:53.", [nameof(Server)]);
        }
    }
}

/// <summary>The DNS server gave no answer, or none that can be read.</summary>
public sealed class DnsUnavailableException : Exception
{
    public DnsUnavailableException()
    {
    }

    public DnsUnavailableException(string message) : base(message)
    {
    }

    public DnsUnavailableException(string message, Exception innerException) : base(message, innerException)
    {
    }
}

/// <summary>
/// Asks a DNS resolver for TXT records: over UDP with EDNS0 (RFC 6891), over TCP when the answer was cut off (RFC 7766). The query's id and
/// its port are random and the answer has to repeat the question, so that a stranger can't easily answer first (RFC 5452).
/// </summary>
public sealed class TxtRecords(IOptions<DnsSettings> settings)
{
    private const ushort Txt = 16;
    private const ushort Internet = 1;
    private const int UdpSize = 1232;
    private const int Tries = 3;

    private static readonly TimeSpan PatienceOfOneTry = TimeSpan.FromSeconds(2);

    /// <param name="name">In ASCII, without the last dot.</param>
    /// <returns>The text of each record, its strings joined; empty when there is none, or no such name.</returns>
    /// <exception cref="DnsUnavailableException">No answer within six seconds, or the server failed.</exception>
    public async Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var server = settings.Value.EndPoint ?? FirstOfMachine();
        Exception? last = null;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(PatienceOfOneTry);
            try
            {
                var query = Query(name, RandomNumberGenerator.GetInt32(ushort.MaxValue + 1));
                var answer = await AskOverUdpAsync(server, query, patience.Token);
                if (IsTruncated(answer))
                {
                    answer = await AskOverTcpAsync(server, query, patience.Token);
                }

                return Read(answer, query);
            }
            catch (Exception exception) when (
                exception is SocketException or IOException or DnsUnavailableException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                last = exception;
            }
        }

        throw new DnsUnavailableException("The DNS server gave no answer.", last!);
    }

    private static IPEndPoint FirstOfMachine()
    {
        foreach (var line in File.Exists("/etc/resolv.conf") ? File.ReadLines("/etc/resolv.conf") : [])
        {
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var address, ..] && IPAddress.TryParse(address, out var server))
            {
                return new IPEndPoint(server, 53);
            }
        }

        throw new DnsUnavailableException("This machine names no DNS server: set Dns__Server.");
    }

    private static async Task<byte[]> AskOverUdpAsync(IPEndPoint server, byte[] query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        // Connected: packets from anywhere else don't arrive.
        await socket.ConnectAsync(server, cancellationToken);
        await socket.SendAsync(query, SocketFlags.None, cancellationToken);
        var buffer = new byte[UdpSize];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            if (Answers(buffer.AsSpan(0, length), query))
            {
                return buffer[..length];
            }
        }
    }

    private static async Task<byte[]> AskOverTcpAsync(IPEndPoint server, byte[] query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellationToken);
        await using var stream = new NetworkStream(socket);
        var framed = new byte[query.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed, 2);
        await stream.WriteAsync(framed, cancellationToken);
        var length = new byte[2];
        await stream.ReadExactlyAsync(length, cancellationToken);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        return Answers(answer, query) ? answer : throw new DnsUnavailableException("The DNS server answered another question.");
    }

    private static byte[] Query(string name, int id)
    {
        var labels = name.Split('.');
        if (name.Length > 253 || labels.Any(label => label.Length is 0 or > 63 || label.Any(c => c is <= ' ' or >= '\x7f')))
        {
            throw new ArgumentException("No name that DNS can hold.", nameof(name));
        }

        var query = new List<byte>(name.Length + 32);
        void Add(params ReadOnlySpan<ushort> words)
        {
            foreach (var word in words)
            {
                query.Add((byte)(word >> 8));
                query.Add((byte)word);
            }
        }

        // Recursion desired; one question, one additional record.
        Add((ushort)id, 0x0100, 1, 0, 0, 1);
        foreach (var label in labels)
        {
            query.Add((byte)label.Length);
            query.AddRange(Encoding.ASCII.GetBytes(label));
        }

        query.Add(0);
        Add(Txt, Internet);
        // OPT: we take answers of up to so many bytes.
        query.Add(0);
        Add(41, UdpSize, 0, 0, 0);
        return [.. query];
    }

    private static bool Answers(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> query)
    {
        // Behind the header, the question as it was asked; names may come back in another case.
        var end = query.Length - 11;
        if (answer.Length < end || !answer[..2].SequenceEqual(query[..2]) || (answer[2] & 0x80) == 0 || BinaryPrimitives.ReadUInt16BigEndian(answer[4..]) != 1)
        {
            return false;
        }

        for (var at = 12; at < end; at++)
        {
            if (Lower(answer[at]) != Lower(query[at]))
            {
                return false;
            }
        }

        return true;

        static byte Lower(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
    }

    private static bool IsTruncated(byte[] answer) => (answer[2] & 0x02) != 0;

    private static List<string> Read(byte[] answer, byte[] query)
    {
        var code = answer[3] & 0x0F;
        // NXDOMAIN: there is no such name, and so no record.
        if (code == 3)
        {
            return [];
        }

        if (code != 0)
        {
            throw new DnsUnavailableException(string.Create(CultureInfo.InvariantCulture, $"The DNS server answered with code {code}."));
        }

        try
        {
            var texts = new List<string>();
            var at = query.Length - 11;
            for (var left = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)); left > 0; left--)
            {
                at = SkipName(answer, at);
                var type = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(at));
                var length = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(at + 8));
                at += 10;
                // Whatever aliases lead there, the resolver has followed them.
                if (type == Txt)
                {
                    texts.Add(Text(answer.AsSpan(at, length)));
                }

                at += length;
            }

            return texts;
        }
        catch (Exception exception) when (exception is ArgumentException or IndexOutOfRangeException)
        {
            throw new DnsUnavailableException("The DNS server's answer can't be read.", exception);
        }
    }

    private static string Text(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        while (data.Length > 0)
        {
            text.Append(Encoding.UTF8.GetString(data.Slice(1, data[0])));
            data = data[(data[0] + 1)..];
        }

        return text.ToString();
    }

    private static int SkipName(byte[] answer, int at)
    {
        while (true)
        {
            var length = answer[at];
            if ((length & 0xC0) == 0xC0)
            {
                return at + 2;
            }

            at += length + 1;
            if (length == 0)
            {
                return at;
            }
        }
    }
}
