using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace LinkShort.Notification.Sending;

/// <summary>
/// One conversation with a mail server (RFC 5321, STARTTLS of RFC 3207, AUTH of RFC 4954). .NET's own SmtpClient can't speak TLS from
/// the first byte, and gives a mail's refusal and a broken server the same exception.
/// </summary>
internal sealed class SmtpConnection : IAsyncDisposable
{
    private const int MaxReplyLine = 4_096;
    private const int MaxReplyLines = 128;

    private readonly byte[] _buffer = new byte[MaxReplyLine];
    private readonly string _ourName;
    private Stream _stream;
    private int _start;
    private int _end;
    private HashSet<string> _extensions = [];
    private bool _greeted;

    private SmtpConnection(Stream stream, string ourName) => (_stream, _ourName) = (stream, ourName);

    /// <summary>Connects; says nothing yet.</summary>
    public static async Task<SmtpConnection> OpenAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
            // An address literal (RFC 5321, 4.1.3): a container's host name means nothing to the server.
            var ours = ((IPEndPoint)socket.LocalEndPoint!).Address;
            ours = ours.IsIPv4MappedToIPv6 ? ours.MapToIPv4() : ours;
            var name = ours.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{ours.ToString().Split('%')[0]}]" : $"[{ours}]";
            return new SmtpConnection(new NetworkStream(socket, ownsSocket: true), name);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task SecureAsync(SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        if (_start < _end)
        {
            // What came in the clear must not count as said under encryption (CVE-2011-0411).
            throw new SmtpProtocolException("The server went on talking before encryption began.");
        }

        var secure = new SslStream(_stream);
        _stream = secure;
        await secure.AuthenticateAsClientAsync(options, cancellationToken);
    }

    /// <summary>Waits for the server's greeting and learns what it can do.</summary>
    public async Task GreetAsync(CancellationToken cancellationToken)
    {
        if (!_greeted)
        {
            Expect(await ReadReplyAsync(cancellationToken), 220, "greeting");
            _greeted = true;
        }

        var reply = Expect(await CommandAsync($"EHLO {_ourName}", cancellationToken), 250, "EHLO");
        _extensions = reply.Lines.Skip(1).Select(line => line.Trim().ToUpperInvariant()).ToHashSet(StringComparer.Ordinal);
    }

    /// <exception cref="SmtpProtocolException">The server offers no encryption. Going on without it would hand everything to whoever removed the offer.</exception>
    public async Task StartTlsAsync(SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        if (!_extensions.Contains("STARTTLS"))
        {
            throw new SmtpProtocolException("The server offers no STARTTLS. Set Smtp__Security to tls or none if that is meant.");
        }

        Expect(await CommandAsync("STARTTLS", cancellationToken), 220, "STARTTLS");
        await SecureAsync(options, cancellationToken);
        await GreetAsync(cancellationToken);
    }

    public async Task AuthenticateAsync(string user, string password, CancellationToken cancellationToken)
    {
        var methods = _extensions.FirstOrDefault(extension => extension.StartsWith("AUTH ", StringComparison.Ordinal))?.Split(' ') ?? [];
        if (methods.Contains("PLAIN"))
        {
            var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
            Expect(await CommandAsync($"AUTH PLAIN {credentials}", cancellationToken), 235, "AUTH");
        }
        else if (methods.Contains("LOGIN"))
        {
            Expect(await CommandAsync("AUTH LOGIN", cancellationToken), 334, "AUTH");
            Expect(await CommandAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(user)), cancellationToken), 334, "AUTH");
            Expect(await CommandAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(password)), cancellationToken), 235, "AUTH");
        }
        else
        {
            throw new SmtpProtocolException("The server offers neither AUTH PLAIN nor AUTH LOGIN. Leave Smtp__User and Smtp__Password empty, or check Smtp__Port and Smtp__Security.");
        }
    }

    /// <exception cref="MailRejectedException">The recipient or the mail was refused for good.</exception>
    /// <exception cref="MailDeferredException">They were put off.</exception>
    /// <exception cref="SmtpProtocolException">Anything else is the server's matter, or our settings'.</exception>
    public async Task SendAsync(string from, string to, byte[] message, CancellationToken cancellationToken)
    {
        var utf8 = !IsAscii(to) || !IsAscii(from);
        if (utf8 && !_extensions.Contains("SMTPUTF8"))
        {
            throw new MailRejectedException("The mail server takes no addresses with characters beyond ASCII.");
        }

        Expect(await CommandAsync($"MAIL FROM:<{Checked(from)}>{(utf8 ? " SMTPUTF8" : "")}", cancellationToken), 250, "MAIL FROM");
        Judge(await CommandAsync($"RCPT TO:<{Checked(to)}>", cancellationToken), 250);
        Judge(await CommandAsync("DATA", cancellationToken), 354);
        await _stream.WriteAsync(WithDots(message), cancellationToken);
        await _stream.FlushAsync(cancellationToken);
        Judge(await ReadReplyAsync(cancellationToken), 250);
        // It is sent; whether the server still says goodbye doesn't matter.
        await WriteLineAsync("QUIT", cancellationToken);
    }

    public async ValueTask DisposeAsync() => await _stream.DisposeAsync();

    private static string Checked(string address) =>
        address.Any(character => char.IsControl(character) || character is '<' or '>' or ' ')
            ? throw new ArgumentException("The address would break out of its command.")
            : address;

    private static bool IsAscii(string text) => text.All(char.IsAscii);

    private static Reply Expect(Reply reply, int code, string step) =>
        reply.Code == code ? reply : throw new SmtpProtocolException($"The mail server answered {step} with {reply}");

    private static void Judge(Reply reply, int wanted)
    {
        if (reply.Code == wanted)
        {
            return;
        }

        // 421: the server is closing down, which has nothing to do with this mail.
        throw reply.Code switch
        {
            421 => new SmtpProtocolException($"The mail server answered {reply}"),
            >= 500 => new MailRejectedException(reply.ToString()),
            >= 400 => new MailDeferredException(reply.ToString()),
            _ => new SmtpProtocolException($"The mail server answered {reply}"),
        };
    }

    /// <summary>A line that begins with a dot gets a second one, and a lone dot ends the mail (RFC 5321, 4.5.2).</summary>
    private static byte[] WithDots(byte[] message)
    {
        var result = new MemoryStream(message.Length + 64);
        var lineStart = true;
        foreach (var value in message)
        {
            if (lineStart && value == '.')
            {
                result.WriteByte((byte)'.');
            }

            result.WriteByte(value);
            lineStart = value == '\n';
        }

        result.Write(lineStart ? ".\r\n"u8 : "\r\n.\r\n"u8);
        return result.ToArray();
    }

    private async Task<Reply> CommandAsync(string command, CancellationToken cancellationToken)
    {
        await WriteLineAsync(command, cancellationToken);
        return await ReadReplyAsync(cancellationToken);
    }

    private async Task WriteLineAsync(string line, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"), cancellationToken);
        await _stream.FlushAsync(cancellationToken);
    }

    private async Task<Reply> ReadReplyAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (lines.Count < MaxReplyLines)
        {
            var line = await ReadLineAsync(cancellationToken);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), System.Globalization.NumberStyles.None, null, out var code))
            {
                throw new SmtpProtocolException($"This is no mail server: it says '{line}'.");
            }

            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] != '-')
            {
                return new Reply(code, lines);
            }
        }

        throw new SmtpProtocolException("The server's reply doesn't end.");
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            if (end >= 0)
            {
                var line = Encoding.UTF8.GetString(_buffer, _start, end - _start).TrimEnd('\r');
                _start = end + 1;
                return line;
            }

            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
            var read = _end == _buffer.Length ? 0 : await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                throw new IOException("The mail server ended the conversation.");
            }

            _end += read;
        }
    }

    private sealed record Reply(int Code, IReadOnlyList<string> Lines)
    {
        public override string ToString() => $"{Code} {string.Join(' ', Lines)}";
    }
}

/// <summary>The mail server can't be used as it is, or as it is set up here.</summary>
public sealed class SmtpProtocolException(string reason) : Exception(reason);
