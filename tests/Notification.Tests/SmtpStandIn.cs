using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace LinkShort.Notification.Tests;

public sealed record ReceivedMail(string From, string To, byte[] Message, bool Encrypted, string? User);

/// <summary>A minimal mail server: EHLO, STARTTLS, AUTH, refusals on demand.</summary>
public sealed class SmtpStandIn : IAsyncDisposable
{
    public const string User = "mailer@example.com";
    public const string Password = "pässword, with spaces";

    private readonly X509Certificate2 _certificate;
    private readonly string _caFolder = Directory.CreateTempSubdirectory("linkshort-ca-").FullName;
    private CancellationTokenSource _stopping = new();
    private TcpListener _listener;
    private Task _accepting;

    public SmtpStandIn()
    {
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new CertificateRequest("CN=LinkShort test CA", caKey, HashAlgorithmName.SHA256);
        ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var caCertificate = ca.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        CertificateAuthority = Path.Combine(_caFolder, "ca.pem");
        File.WriteAllText(CertificateAuthority, caCertificate.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(caCertificate, now.AddDays(-1), now.AddDays(1), [1, 2, 3, 4]);
        using var withKey = signed.CopyWithPrivateKey(key);
        _certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);

        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public string CertificateAuthority { get; }

    public bool ImplicitTls { get; init; }

    public bool OffersStartTls { get; init; } = true;

    public bool OffersPlain { get; init; } = true;

    public bool OffersUtf8 { get; init; }

    /// <summary>Accepts emails but doesn't answer QUIT.</summary>
    public bool IsSilentAtQuit { get; init; }

    /// <summary>Closes new connections immediately, like a server that is down behind its port.</summary>
    public bool IsDown { get; set; }

    /// <summary>The response to the message itself; null accepts it, "" closes the connection.</summary>
    public Func<string, string?> JudgeMail { get; set; } = _ => null;

    /// <summary>The response to RCPT TO; null accepts it.</summary>
    public Func<string, string?> Judge { get; set; } = _ => null;

    public ConcurrentQueue<ReceivedMail> Received { get; } = new();

    /// <summary>Every command of every session.</summary>
    public ConcurrentQueue<string> Commands { get; } = new();

    public IReadOnlyList<ReceivedMail> To(string address) => [.. Received.Where(mail => mail.To == address)];

    /// <summary>Settings of a service that sends through this server.</summary>
    public (string, string)[] Settings(string security, string password = Password) =>
    [
        ("Smtp:Host", "localhost"), ("Smtp:Port", Port.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("Smtp:Security", security),
        ("Smtp:User", User), ("Smtp:Password", password), ("Smtp:From", "LinkShort <no-reply@example.com>"), ("Smtp:CertificateAuthority", CertificateAuthority),
    ];

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
    }

    public void StartAgain()
    {
        _stopping = new CancellationTokenSource();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _certificate.Dispose();
        Directory.Delete(_caFolder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        var stopping = _stopping.Token;
        var conversations = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(stopping);
                conversations.Add(ServeAsync(client, stopping));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(conversations);
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken stopping)
    {
        using (client)
        {
            try
            {
                await RunSessionAsync(client.GetStream(), stopping);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client has disconnected.
            }
        }
    }

    private async Task RunSessionAsync(Stream stream, CancellationToken stopping)
    {
        var encrypted = false;
        string? user = null, from = null, to = null;
        if (ImplicitTls)
        {
            stream = await EncryptAsync(stream);
        }

        if (IsDown)
        {
            return;
        }

        await ReplyAsync("220 stand-in ESMTP\r\n");
        while (await ReadLineAsync(stream, stopping) is { } line)
        {
            Commands.Enqueue(line);
            var verb = line.Split([' ', ':'])[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO":
                    await ReplyAsync("250-stand-in greets you\r\n250-SIZE 1000000\r\n"
                        + (OffersStartTls && !encrypted ? "250-STARTTLS\r\n" : "")
                        + (OffersUtf8 ? "250-8BITMIME\r\n250-SMTPUTF8\r\n" : "")
                        + (OffersPlain ? "250 AUTH LOGIN PLAIN\r\n" : "250 AUTH LOGIN\r\n"));
                    break;
                case "STARTTLS":
                    await ReplyAsync("220 go ahead\r\n");
                    stream = await EncryptAsync(stream);
                    break;
                case "AUTH":
                    var given = await ReadCredentialsAsync(line);
                    user = given == $"\0{User}\0{Password}" ? User : null;
                    await ReplyAsync(user is null ? "535 5.7.8 wrong\r\n" : "235 2.7.0 welcome\r\n");
                    break;
                case "MAIL":
                    from = line["MAIL FROM:<".Length..].Split('>')[0];
                    await ReplyAsync(user is null ? "530 5.7.0 authenticate first\r\n" : "250 ok\r\n");
                    break;
                case "RCPT":
                    to = line["RCPT TO:<".Length..].Split('>')[0];
                    await ReplyAsync((Judge(to) ?? "250 ok") + "\r\n");
                    break;
                case "DATA":
                    await ReplyAsync("354 end with a dot\r\n");
                    var message = await ReadMessageAsync(stream, stopping);
                    var judgement = JudgeMail(to!);
                    if (judgement is "")
                    {
                        return;
                    }

                    if (judgement is null)
                    {
                        Received.Enqueue(new ReceivedMail(from!, to!, Encoding.Latin1.GetBytes(message), encrypted, user));
                    }

                    await ReplyAsync((judgement ?? "250 2.0.0 queued") + "\r\n");
                    break;
                case "QUIT" when IsSilentAtQuit:
                    break;
                case "QUIT":
                    await ReplyAsync("221 bye\r\n");
                    return;
                default:
                    await ReplyAsync("502 what?\r\n");
                    break;
            }
        }

        async Task<string> ReadCredentialsAsync(string command)
        {
            if (command.StartsWith("AUTH PLAIN ", StringComparison.Ordinal))
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(command["AUTH PLAIN ".Length..]));
            }

            await ReplyAsync("334 VXNlcm5hbWU6\r\n");
            var name = Encoding.UTF8.GetString(Convert.FromBase64String((await ReadLineAsync(stream, stopping))!));
            await ReplyAsync("334 UGFzc3dvcmQ6\r\n");
            return $"\0{name}\0{Encoding.UTF8.GetString(Convert.FromBase64String((await ReadLineAsync(stream, stopping))!))}";
        }

        async Task<Stream> EncryptAsync(Stream plain)
        {
            var secure = new SslStream(plain);
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, stopping);
            encrypted = true;
            return secure;
        }

        async Task ReplyAsync(string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), stopping);
    }

    private static async Task<string> ReadMessageAsync(Stream stream, CancellationToken stopping)
    {
        var message = new StringBuilder();
        while (await ReadLineAsync(stream, stopping) is { } text && text != ".")
        {
            message.Append(text.StartsWith('.') ? text[1..] : text).Append("\r\n");
        }

        return message.ToString();
    }

    private static async Task<string?> ReadLineAsync(Stream stream, CancellationToken stopping)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one, stopping) == 1)
        {
            if (one[0] == '\n')
            {
                // Raw bytes: the parser catches a client that sends a bare line feed.
                return Encoding.Latin1.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }

        return null;
    }
}
