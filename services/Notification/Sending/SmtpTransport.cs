using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using LinkShort.Notification.Composing;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification.Sending;

/// <summary>Sends emails to the server of <see cref="SmtpOptions"/>, one connection per email.</summary>
public sealed class SmtpTransport(IOptions<SmtpOptions> options) : IMailTransport
{
    /// <summary>For the whole session. RFC 5321 allows servers minutes per command, but no working server needs them.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(2);

    private readonly SmtpOptions _options = options.Value;

    public async Task SendAsync(MailMessage mail, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        using var smtp = NewClient();
        try
        {
            await ConnectAsync(smtp, timeout.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unusable(exception);
        }

        try
        {
            await DeliverAsync(smtp, mail, timeout.Token);
        }
        catch (Exception exception) when (BreaksConnection(exception) && !cancellationToken.IsCancellationRequested)
        {
            var broken = Unusable(exception, isDuringMail: true);
            // If the server can be reached again immediately, it isn't down: this email breaks the connection, and the others are sent first.
            throw await IsReachableAsync(cancellationToken) ? new MailDeferredException($"The connection broke during this mail: {broken.Message}") : broken;
        }

        await QuitAsync(smtp);
    }

    /// <summary>Revocation lists are often unreachable from a mail-only server, and .NET's TLS clients don't check them by default.</summary>
    private SmtpClient NewClient() => new() { CheckCertificateRevocation = false, ServerCertificateValidationCallback = IsTrusted };

    /// <summary>Connects and authenticates, without sending an email.</summary>
    private async Task<bool> IsReachableAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ProbeTimeout);
        using var smtp = NewClient();
        try
        {
            await ConnectAsync(smtp, timeout.Token);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        await QuitAsync(smtp);
        return true;
    }

    /// <summary>Includes 421, after which the server closes the connection.</summary>
    private static bool BreaksConnection(Exception exception) => exception is IOException or SocketException or OperationCanceledException
        or MailKit.ProtocolException or MailKit.ServiceNotConnectedException or SmtpCommandException { StatusCode: SmtpStatusCode.ServiceNotAvailable };

    private MailTransportException Unusable(Exception exception, bool isDuringMail = false) => exception switch
    {
        MailTransportException unusable => unusable,
        OperationCanceledException => new MailTransportException($"{_options.Host}:{_options.Port} did not answer within {Timeout.TotalSeconds} s.", exception) { IsDuringMail = isDuringMail },
        SmtpCommandException answer => new MailTransportException($"The mail server answered {ReplyOf(answer)}", exception) { IsDuringMail = isDuringMail },
        _ => new MailTransportException(exception.Message, exception) { IsDuringMail = isDuringMail },
    };

    private async Task ConnectAsync(SmtpClient smtp, CancellationToken cancellationToken)
    {
        try
        {
            await smtp.ConnectAsync(_options.Host!, _options.Port, Security(), cancellationToken);
        }
        catch (NotSupportedException exception)
        {
            throw new MailTransportException("The server does not offer STARTTLS. Set Smtp__Security to tls, or to none if that is intended.", exception);
        }
        catch (SslHandshakeException exception)
        {
            throw new MailTransportException(
                $"TLS with {_options.Host}:{_options.Port} failed: its certificate is not valid for this name or not trusted, or Smtp__Security doesn't match the port.", exception);
        }

        if (string.IsNullOrEmpty(_options.User))
        {
            return;
        }

        try
        {
            await smtp.AuthenticateAsync(_options.User, _options.Password!, cancellationToken);
        }
        catch (NotSupportedException exception)
        {
            throw new MailTransportException(
                "The server does not offer password authentication. Leave Smtp__User and Smtp__Password empty, or check Smtp__Port and Smtp__Security.", exception);
        }
    }

    private async Task DeliverAsync(SmtpClient smtp, MailMessage mail, CancellationToken cancellationToken)
    {
        // RFC 6531: SMTPUTF8 requires 8BITMIME.
        if (mail.NeedsUtf8 && !smtp.Capabilities.HasFlag(SmtpCapabilities.UTF8 | SmtpCapabilities.EightBitMime))
        {
            throw new MailRejectedException("The mail server does not accept addresses with non-ASCII characters.");
        }

        using var message = mail.ToMime();
        try
        {
            await smtp.SendAsync(mail.Format, message, mail.From, [mail.To], cancellationToken);
        }
        // The sender is always Smtp__From: a server that rejects it rejects every email.
        catch (SmtpCommandException exception) when (exception.ErrorCode is SmtpErrorCode.SenderNotAccepted)
        {
            throw Unusable(exception);
        }
        catch (SmtpCommandException exception) when (exception.StatusCode is not SmtpStatusCode.ServiceNotAvailable)
        {
            throw exception.StatusCode switch
            {
                >= (SmtpStatusCode)500 => new MailRejectedException(ReplyOf(exception)),
                >= (SmtpStatusCode)400 => new MailDeferredException(ReplyOf(exception)),
                _ => Unusable(exception),
            };
        }
    }

    private static string ReplyOf(SmtpCommandException exception) => $"{(int)exception.StatusCode} {exception.Message}";

    /// <summary>The server has accepted the email. A failing connection must not send it again.</summary>
    private static async Task QuitAsync(SmtpClient smtp)
    {
        using var timeout = new CancellationTokenSource(GoodbyeTimeout);
        try
        {
            await smtp.DisconnectAsync(quit: true, timeout.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or MailKit.ProtocolException or MailKit.CommandException)
        {
            // Closed by Dispose.
        }
    }

    private SecureSocketOptions Security() => _options.Security switch
    {
        "tls" => SecureSocketOptions.SslOnConnect,
        // Not StartTlsWhenAvailable, which would send everything in plain text if an attacker removed the offer.
        "starttls" => SecureSocketOptions.StartTls,
        _ => SecureSocketOptions.None,
    };

    /// <summary>MailKit's default validation accepts some certificates that it knows; this one accepts no exceptions.</summary>
    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_options.CertificateAuthority is not { Length: > 0 } file)
        {
            return errors is SslPolicyErrors.None;
        }

        if (certificate is not X509Certificate2 presented || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        // The chain's extra store contains the intermediate certificates sent by the server.
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(file);
        return chain.Build(presented);
    }
}
